/** `kubectl drain`, measured on the same peer. */
import { DrivenClock } from '../../peers/clock.ts';
import { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { checkPlaced, lowestOf, PODS_PER_NODE, populate, type DrainCase, type Measurement } from './drain-case.ts';
import { kubectlDrain } from './kubectl.ts';

const NODES = ['node-0', 'node-1', 'node-2', 'node-3', 'node-4'];
const USER = 'kubernetes-admin';

export async function measureKubectl(drain: DrainCase, version: string): Promise<Measurement> {
  const kubernetes = await KubernetesPeer.start({ clock: new DrivenClock() });
  try {
    const [node = ''] = NODES;
    for (const name of NODES) kubernetes.world.addNode({ name, pods: PODS_PER_NODE });
    populate(kubernetes.world, drain, node);
    await kubernetes.whenSettled();
    checkPlaced(drain, kubernetes.podsOn(node).length);
    kubernetes.availability.watch();
    const seconds = await kubectlDrain({ kubeconfig: kubernetes.kubeconfig(), node });
    const { workloads, violations } = kubernetes.availability.report();
    return {
      ...drain,
      drainer: `kubectl ${version}`,
      seconds,
      requests: kubernetes.requests.count(USER),
      refused: kubernetes.evictions.filter(({ status }) => status === 429).length,
      lowestReady: lowestOf(workloads),
      violations: violations.length,
    };
  } finally {
    await kubernetes.stop();
  }
}
