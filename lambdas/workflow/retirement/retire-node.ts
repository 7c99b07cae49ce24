/** The retirement of one node, from a notice: verified once more, then carried out in the way that its kind is to end. */
import type { Notice } from '../../core/notice/notice.ts';
import { beginRetirement } from '../beginning/begin-retirement.ts';
import { awaitNode } from '../interruption/await-node.ts';
import { retireWarned } from '../interruption/retire-warned.ts';
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
      switch (ending.kind) {
        case 'hook':
          return await retireHooked(order, ending);
        case 'warned':
          return await retireWarned(order, ending);
        case 'launch':
          return await awaitNode(order, ending);
        case 'voluntary':
          return await retireVoluntarily(order, ending);
      }
    }
  }
}
