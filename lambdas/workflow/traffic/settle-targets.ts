/**
 * Waits until nothing reaches a node any more: its instance goes only once its targets have drained (contract 7.1).
 */
import { targetsDrained } from '../../core/events/retirement-events.ts';
import { LATE_MS, looksFrom } from '../../core/traffic/withdrawal.ts';
import type { Stage } from '../run/stage.ts';
import { namesOf, type Withdrawn } from './leave-together.ts';
import { withdrawingFor } from './restorable-targets.ts';
import { secondsSince, type Retiree } from '../retirement/retiree.ts';
import { inTime } from '../run/sleep.ts';
import { withdrawEach } from './withdraw-nodes.ts';

/** How often targets that drain are looked at. */
const LOOK_SECONDS = 15;

/**
 * Waits until the targets have drained (contract 7.1), and no longer than their bound (7.3), even while it looks at
 * many. Its memory says why they have not.
 *
 * @param by latest end, epoch milliseconds
 */
export function settleStage(retiree: Retiree, withdrawn: Withdrawn, by: number): Stage<null, string> {
  const { notice, ports } = retiree;
  const { pools, addresses, until } = withdrawn;
  const ends = Math.min(until + LATE_MS, by);
  const leaver = { instance: notice.instance, addresses };
  return {
    name: 'settle',
    memory: '',
    until: ends,
    pauseSeconds: LOOK_SECONDS,
    async pass(_memory, { subject }) {
      const looks = looksFrom(withdrawn);
      const memory = 'they still drain';
      if (Date.now() < looks) return { state: 'waiting', memory, waitingFor: namesOf(pools), dueAt: looks };
      // So many leave that looks for each would use up the rate limits: by `until` all have drained, and none looks.
      const balancing = withdrawingFor(retiree, subject.node ?? '');
      const looked = looks === until ? NOTHING_LEFT : await inTime(withdrawEach([leaver], { pools }, balancing), ends);
      if (looked === undefined) return { state: 'waiting', memory, waitingFor: namesOf(pools) };
      const { left, faults } = looked;
      if (left.length === 0 && faults.length === 0) {
        ports.journal.report(targetsDrained(subject, { seconds: secondsSince(notice) }));
        return { state: 'done', value: null };
      }
      const waitingFor = [...new Set([...left, ...faults].map(({ pool }) => pool.name))];
      const [fault] = faults;
      return { state: 'waiting', memory: fault === undefined ? memory : String(fault.error), waitingFor };
    },
  };
}

const NOTHING_LEFT = { left: [], faults: [] } as const;
