/** A drain that its budget blocks for a time, and what it costs. */
import { costOf, type Cost } from '../../driving/retirement-cost.ts';
import { hasEnded, terminate } from '../../driving/termination.ts';
import { driveUntil } from '../../driving/timelapse.ts';
import { Installation, type Step } from '../../installation.ts';
import { budgets } from '../../peers/kubernetes/storage/resources.ts';

export interface CostRow extends Cost {
  readonly minutes: number;
  readonly result: string;
}

const MINUTE_MS = 60_000;
const LONGEST_DRAIN_SECONDS = 172_800;
/** AWS ends a hook after so many of its heartbeat timeouts (contract 5.1). */
const MOST_HEARTBEATS = 100;

/** Drains a node whose budget allows nothing for so many minutes. @param step told what is being done */
export async function drainBlockedFor(minutes: number, heartbeatTimeoutSeconds: number, step?: Step): Promise<CostRow> {
  const drainTimeoutSeconds = Math.min(LONGEST_DRAIN_SECONDS, MOST_HEARTBEATS * heartbeatTimeoutSeconds);
  const group = { name: 'workers', heartbeatTimeoutSeconds, drainTimeoutSeconds };
  const configuration = { clusters: [{ name: 'shop', groups: [group] }] };
  const installation = await Installation.start({ configuration, nodes: 2, step });
  try {
    const { aws, kubernetes, clock } = installation;
    const [instance = ''] = aws.autoScaling.instanceIds(group.name);
    const node = installation.nodeOf(instance);
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 3, nodes: [node] });
    kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 0 });
    await kubernetes.settle();
    clock.after(minutes * MINUTE_MS, () => {
      kubernetes.store.change(budgets, { namespace: 'shop', name: 'web' }, ({ spec }) => {
        spec.maxUnavailable = 1;
      });
    });
    await terminate(installation, instance);
    await driveUntil(installation, () => hasEnded(installation));
    return { minutes, result: resultOf(installation), ...costOf(installation) };
  } finally {
    await installation.stop();
  }
}

function resultOf({ events }: Installation): string {
  const finished = events.find((event) => event.type === 'retirement.finished');
  return finished?.type === 'retirement.finished' ? finished.result : 'did not finish';
}
