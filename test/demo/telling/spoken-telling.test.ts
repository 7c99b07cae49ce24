/** The story as it is told where there is no terminal: plain lines of 80 columns. */
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { LoggedEvent } from '../../installation.ts';
import type { Outcome, Scene } from '../scenario.ts';
import { spokenTelling } from './spoken-telling.ts';

const NODES = ['ip-10-0-0-10', 'ip-10-0-0-11'].map((name) => `${name}.eu-central-1.compute.internal`);

function told(scene: Partial<Scene> = {}) {
  const written: string[] = [];
  const file = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString());
      done();
    },
  });
  const telling = spokenTelling(file as NodeJS.WriteStream);
  telling.begin({
    scenario: 'test',
    at: 0,
    now: () => 0,
    cluster: 'shop',
    group: 'workers',
    hook: { name: 'ebb-drain', heartbeatSeconds: 300 },
    nodes: 1,
    pods: 1,
    node: NODES[0] ?? '',
    instance: 'i-1',
    leaving: ['shop/web'],
    standing: [],
    ...scene,
  });
  const event = (type: LoggedEvent['type'], second: number, given: object = {}): void => {
    const time = new Date(second * 1000).toISOString();
    telling.event({
      type,
      time,
      execution: 'run',
      instance: 'i-1',
      node: NODES[0],
      ...given,
    } as unknown as LoggedEvent);
  };
  return { telling, event, lines: () => written.join('').split('\n') };
}

describe('the head', () => {
  test('counts one as one', () => {
    expect(told().lines()).toContain('Cluster shop: 1 node, 1 pod.');
    expect(told().lines()).toContain('Instance i-1 is terminated: ip-10-0-0-10, 1 pod is to leave.');
  });

  test('counts several as several', () => {
    const { lines } = told({ nodes: 3, pods: 33, leaving: ['shop/a', 'shop/b'] });
    expect(lines()).toContain('Cluster shop: 3 nodes, 33 pods.');
    expect(lines()).toContain('Instance i-1 is terminated: ip-10-0-0-10, 2 pods are to leave.');
  });
});

describe('the lines', () => {
  test('break between words, below the text that they belong to', () => {
    const { event, lines } = told();
    const explanation =
      'budget shop/web (maxUnavailable 1) needs 8 healthy pods and has 8: waits until another is Ready';
    event('eviction.blocked', 3, { pod: 'shop/web-1', explanation });
    expect(lines().slice(-4)).toEqual([
      '   +3.0 s  blocked  shop/web-1',
      '                    budget shop/web (maxUnavailable 1) needs 8 healthy pods and',
      '                    has 8: waits until another is Ready',
      '',
    ]);
  });

  test('say whose they are where several nodes retire, and do not where one does', () => {
    const [alone, several] = [told(), told({ story: 'Two nodes leave.' })];
    for (const { event } of [alone, several]) event('node.drained', 1, { node: NODES[1], pods: 1 });
    expect(alone.lines()).toContain('   +1.0 s  node drained: 1 pod');
    expect(several.lines()).toContain('   +1.0 s  ip-10-0-0-11  node drained: 1 pod');
  });

  test('are one for all heartbeats and suspensions before the next thing that happens', () => {
    const { event, lines } = told();
    for (let second = 1; second <= 200; second += 1) event('heartbeat.recorded', second, { nextInSeconds: 15 });
    event('hook.completed', 201, { outcome: 'completed' });
    expect(
      lines()
        .filter((line) => line.includes('heartbeat'))
        .slice(1),
    ).toEqual([' +200.0 s  200 heartbeats']);
  });

  test('tell each kill, and how many there are to be', () => {
    const { telling, lines } = told();
    telling.kill?.({ at: 2000, number: 2, of: 6, when: 'before' });
    expect(lines()).toContain('   +2.0 s  killed   the function, 2 of 6 times: its checkpoint is lost');
  });
});

test('the end counts what was evicted and what was forced', () => {
  const { telling, lines } = told();
  const outcome: Outcome = {
    ok: true,
    scenario: 'test',
    seconds: 12,
    pods: 1,
    forced: 2,
    unbudgetedControllers: 1,
    requests: { kubernetes: 20, aws: 10 },
    refused: 0,
    violations: 0,
    expectations: [],
    workloads: [],
    stages: { isolated: 1 },
  };
  telling.end(outcome);
  expect(lines().join(' ')).toContain(
    '1 pod evicted, 2 forced in 12 s with 20 Kubernetes and 10 AWS requests; 1 controller without a budget was paced.',
  );
});
