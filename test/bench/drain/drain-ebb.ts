/** Ebb's drain, measured: the whole retirement on the peers, from the termination of the instance. */
import { hasEnded, terminate } from '../../driving/termination.ts';
import { Installation, type LoggedEvent, type Step } from '../../installation.ts';
import { checkPlaced, lowestOf, PODS_PER_NODE, populate, type DrainCase, type Measurement } from './drain-case.ts';

const GROUP = 'bench-workers';
const NODES = 5;

export async function measureEbb(drain: DrainCase, step?: Step): Promise<Measurement> {
  const installation = await Installation.start({
    configuration: { clusters: [{ name: 'bench', groups: [{ name: GROUP }] }] },
    nodes: NODES,
    podsPerNode: PODS_PER_NODE,
    step,
  });
  const { aws, kubernetes, clock } = installation;
  try {
    const [instance = ''] = aws.autoScaling.instanceIds(GROUP);
    const node = installation.nodeOf(instance);
    populate(kubernetes.world, drain, node);
    await kubernetes.whenSettled();
    checkPlaced(drain, kubernetes.podsOn(node).length);
    kubernetes.availability.watch();
    await terminate(installation, instance);
    while (!hasEnded(installation)) await clock.sleep(20);
    checkEvicted(installation.events);
    const { workloads, violations } = kubernetes.availability.report();
    return {
      ...drain,
      drainer: 'ebb',
      seconds: drainSeconds(installation.events),
      requests: installation.kubernetesRequests(),
      refused: kubernetes.evictions.filter(({ status }) => status === 429).length,
      lowestReady: lowestOf(workloads),
      violations: violations.length,
    };
  } finally {
    await installation.stop();
  }
}

/** @throws Error when pods were forced: every budget of the bench, and every pace, lets them go long before */
function checkEvicted(events: readonly LoggedEvent[]): void {
  const forced = events.flatMap((event) => (event.type === 'pod.forced' ? [event.pod] : []));
  if (forced.length > 0) throw new Error(`forced without need: ${forced.join(', ')}`);
}

/** Its time begins at the retirement's start, as kubectl's begins with its process: what leads there is told apart. */
export function drainSeconds(events: readonly LoggedEvent[]): number {
  const at = (type: LoggedEvent['type']): number => Date.parse(events.find((event) => event.type === type)?.time ?? '');
  return (at('node.drained') - at('retirement.started')) / 1000;
}
