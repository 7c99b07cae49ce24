/** Heartbeats and suspensions, counted. */
import { describe, expect, test } from 'vitest';
import type { LoggedEvent } from '../../installation.ts';
import { Repeats } from './repeats.ts';

function anEvent(type: LoggedEvent['type'], second: number, given: object = {}): LoggedEvent {
  const time = new Date(second * 1000).toISOString();
  return { type, time, node: 'node-1', instance: 'i-1', ...given } as unknown as LoggedEvent;
}

const heartbeat = (second: number, given?: object) =>
  anEvent('heartbeat.recorded', second, { nextInSeconds: 100, ...given });
const suspension = (second: number, given?: object) =>
  anEvent('retirement.suspended', second, { seconds: 60, ...given });

function linesOf(...events: readonly LoggedEvent[]) {
  const repeats = new Repeats();
  for (const event of events) repeats.add(event);
  return repeats.lines;
}

describe('repeated events', () => {
  test('are told with their figures while there is one of them', () => {
    expect(linesOf(heartbeat(1))).toEqual([{ whose: 'node-1', at: 1000, text: 'heartbeat, the next in 100 s' }]);
    expect(linesOf(suspension(2))).toEqual([{ whose: 'node-1', at: 2000, text: 'suspended for 60 s' }]);
  });

  test('are one line that counts, with the time of the last', () => {
    expect(linesOf(heartbeat(1), suspension(2), heartbeat(3), suspension(4))).toEqual([
      { whose: 'node-1', at: 4000, text: '2 heartbeats; suspended 2 times, 120 s in all' },
    ]);
  });

  test('are counted for each retirement, by its instance where the node is not known', () => {
    const lines = linesOf(heartbeat(5), heartbeat(1, { node: 'node-2' }), heartbeat(3, { node: undefined }));
    expect(lines.map(({ whose }) => whose)).toEqual(['node-2', 'i-1', 'node-1']);
  });

  test('are counted anew once they are taken, and nothing else is counted', () => {
    const repeats = new Repeats();
    expect([repeats.add(heartbeat(1)), repeats.add(anEvent('node.isolated', 2))]).toEqual([true, false]);
    expect(repeats.take()).toHaveLength(1);
    expect(repeats.take()).toEqual([]);
  });
});
