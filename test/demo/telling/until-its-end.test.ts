import { expect, test } from 'vitest';
import type { LoggedEvent } from '../../installation.ts';
import type { Outcome, Telling } from '../scenario.ts';
import { untilItsEnd } from './until-its-end.ts';

test('nothing is told after the outcome, whatever still runs then', () => {
  const told: string[] = [];
  const telling: Telling = {
    begin: () => told.push('begin'),
    event: ({ type }) => told.push(type),
    fact: ({ kind }) => told.push(kind),
    traffic: ({ kind }) => told.push(kind),
    end: ({ scenario }) => told.push(`end of ${scenario}`),
  };
  const tell = untilItsEnd(telling);
  const all = (): void => {
    tell.event({ type: 'notice.ignored' } as LoggedEvent);
    tell.fact({ kind: 'nodeCordoned', at: 0, node: 'a' });
    tell.traffic?.({ kind: 'requests', at: 0, served: 1, failed: 0 });
    tell.kill?.({ at: 0, number: 1, of: 1, when: 'before' });
  };
  all();
  tell.end({ scenario: 'lifecycle' } as Outcome);
  all();
  expect(told).toEqual(['notice.ignored', 'nodeCordoned', 'requests', 'end of lifecycle']);
});
