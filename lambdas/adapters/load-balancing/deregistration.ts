/** Deregisters targets, although AWS refuses a whole call for one target that it does not know any more. */
import type { Target } from '../../core/traffic/target-pool.ts';
import { batchesOf } from '../aws/batches.ts';
import { unless, type Refusal } from '../aws/refusals.ts';

/**
 * Targets per call. AWS publishes no limit, and has failed on 400 now and then; its own controllers send 100 and 200
 * (kubernetes/kubernetes#101592, kubernetes-sigs/aws-load-balancer-controller#1342).
 */
export const TARGETS_PER_CALL = 200;

export interface Deregistration {
  readonly send: (targets: readonly Target[]) => Promise<unknown>;
  /** Returns the targets that the pool has now. */
  readonly look: () => Promise<readonly Target[]>;
  /** Whether AWS refused the call because it does not know one of the targets. */
  readonly isInvalid: Refusal;
}

export async function deregisterAll(leaving: readonly Target[], deregistration: Deregistration): Promise<void> {
  for (const batch of batchesOf(leaving, TARGETS_PER_CALL)) await deregisterBatch(batch, deregistration);
}

/**
 * Deregisters a batch. If AWS refuses it, tries again without the targets that are not registered any more, and then
 * each target alone. A target that is refused even so is left to the next pass.
 */
async function deregisterBatch(batch: readonly Target[], { send, look, isInvalid }: Deregistration): Promise<void> {
  const taken = async (targets: readonly Target[]): Promise<boolean> =>
    targets.length === 0 || (await unless(isInvalid, async () => send(targets).then(() => true))) === true;
  if (await taken(batch)) return;
  const now = await look();
  const left = batch.filter((target) => now.some((other) => isSame(target, other) && other.state === 'registered'));
  if (await taken(left)) return;
  for (const target of left) await taken([target]);
}

function isSame(one: Target, other: Target): boolean {
  return one.id === other.id && one.port === other.port;
}
