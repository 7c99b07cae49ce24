/** The retirement of one node, from a notice: verified once more, then carried out in the way that its kind is to end. */
import type { Notice } from '../../core/notice/notice.ts';
import { beginRetirement } from './begin-retirement.ts';
import { retireHooked } from './retire-hooked.ts';
import { retireVoluntarily } from './retire-voluntarily.ts';
import type { Retired, RetirementPorts } from './retirement.ts';
import { releaseUndrained } from '../notice/turn-away.ts';
import { STEP } from './retiree.ts';

/**
 * Retires the node that the notice is about.
 *
 * @throws RetirementFailed when the instance had to be left as it is, or retained: an alarm
 */
export async function retireNode(notice: Notice, ports: RetirementPorts): Promise<Retired> {
  const beginning = await ports.run.step(STEP.verify, () => beginRetirement(notice, ports));
  switch (beginning.kind) {
    case 'ignore':
    case 'refuse':
      return { result: 'ignored', reason: beginning.reason };
    case 'release':
      await ports.run.step('complete', () => releaseUndrained(beginning, ports).then(() => null));
      return { result: 'stopped', reason: beginning.reason };
    case 'retire': {
      const { ending, ...order } = { ...beginning, notice, ports };
      return ending.kind === 'hook' ? await retireHooked(order, ending) : await retireVoluntarily(order, ending);
    }
  }
}
