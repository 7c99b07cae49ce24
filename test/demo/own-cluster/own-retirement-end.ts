/** How a retirement of the user's node ends: by itself, by a cluster that is away, or by the user. */
import type { Execution } from '../../peers/aws/lambda/durable/execution.ts';
import { howToGrant, refusedUser } from '../own-node/cluster-rights.ts';
import type { Patience } from '../../command/command-stage.ts';
import type { OwnClusterOptions } from './own-cluster-stage.ts';
import type { OwnInstallation } from './own-installation.ts';
import type { Reachability } from '../own-watch/reachability.ts';

export type Ending =
  | { readonly kind: 'retired' }
  /** `reason` in words. */
  | { readonly kind: 'failed' | 'away' | 'interrupted'; readonly reason: string };

interface Watched {
  readonly reachability: Reachability;
  readonly patience: Patience;
  readonly interrupted: AbortSignal;
}

const LOOK_MS = 50;

/** Terminates the instance and waits until its retirement has ended, or has to be ended. */
export async function retirementEnd(installation: OwnInstallation, watched: Watched): Promise<Ending> {
  try {
    await installation.terminateInstance();
  } catch (error) {
    return { kind: 'failed', reason: `Auto Scaling did not terminate the instance: ${String(error)}` };
  }
  const startsBy = Date.now() + watched.patience.start;
  for (;;) {
    const ending = broken(watched) ?? endOf(installation, startsBy);
    if (ending !== undefined) return ending;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** What the user can do about it, a line each. */
export function adviceOn(ending: Ending, { proxy }: OwnInstallation, { kubeconfig }: OwnClusterOptions): string[] {
  if (ending.kind === 'retired') return [];
  const refused = refusedUser(ending.reason);
  if (refused !== undefined) return [`Failed: ${ending.reason}`, 'fix:', ...howToGrant(refused.user)];
  if (ending.kind === 'failed' && proxy.requests.findLast(({ by }) => by === 'function')?.status === 401) {
    return [
      'Failed: the API server does not take the credentials of the kubeconfig any more.',
      `fix: fetch it anew, then try kubectl --kubeconfig ${kubeconfig} get nodes`,
    ];
  }
  return [ending.kind === 'interrupted' ? 'Interrupted.' : `Stopped: ${ending.reason}`];
}

function broken({ reachability, patience, interrupted }: Watched): Ending | undefined {
  if (interrupted.aborted) return { kind: 'interrupted', reason: 'interrupted' };
  const { silentFor, reason } = reachability;
  if (silentFor < patience.away || reason === undefined) return undefined;
  return { kind: 'away', reason: `${reason}, for ${Math.round(silentFor / 1000)} s now: giving up` };
}

function endOf({ execution, otherLines, aws }: OwnInstallation, startsBy: number): Ending | undefined {
  if (execution === undefined) {
    if (Date.now() < startsBy && aws.lambda.deadLetters.length === 0) return undefined;
    return { kind: 'failed', reason: `the event started no retirement: ${otherLines.at(-1) ?? 'nothing was logged'}` };
  }
  if (execution.status === 'RUNNING') return undefined;
  if (execution.status === 'SUCCEEDED') return endOfResult(execution);
  return { kind: 'failed', reason: execution.error?.ErrorMessage ?? execution.status };
}

/** A run that ended well may still have found nothing to retire. */
function endOfResult({ result = '{}' }: Execution): Ending {
  const came = JSON.parse(result) as { result?: string; reason?: string };
  if (came.result === 'drained' || came.result === 'forced') return { kind: 'retired' };
  return { kind: 'failed', reason: [came.result, came.reason].filter(Boolean).join(': ') };
}
