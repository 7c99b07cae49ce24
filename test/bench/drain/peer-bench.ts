/** Every case on the Kubernetes peer, by Ebb and by kubectl. */
import type { Progress } from '../../command/progress.ts';
import type { DrainCase, Measurement } from './drain-case.ts';
import { measureEbb } from './drain-ebb.ts';
import { measureKubectl } from './drain-kubectl.ts';

/** @param kubectl its version, if it is to be measured */
export async function benchPeer(
  cases: readonly DrainCase[],
  kubectl: string | undefined,
  progress: Progress,
): Promise<Measurement[]> {
  const rows: Measurement[] = [];
  for (const drain of cases) {
    const budgets = drain.budgets === 'none' ? 'no budget' : `maxUnavailable ${drain.budgets}`;
    progress.next(`${drain.pods} pods, ${budgets}, by ebb`);
    rows.push(await measureEbb(drain, progress.part));
    if (kubectl === undefined) continue;
    progress.next(`${drain.pods} pods, ${budgets}, by kubectl`);
    rows.push(await measureKubectl(drain, kubectl));
  }
  return rows;
}
