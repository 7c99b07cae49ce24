/** Reads which controllers have pods on nodes that are to go, and which of them have too few Ready pods now (contract 10.2). */
import pMap from 'p-map';
import { ownerKey, type Owner } from '../../core/kubernetes/pod.ts';
import {
  awaitedControllers,
  movingControllers,
  type AwaitedController,
  type MovedController,
  type Replicas,
} from '../../core/rotation/moved-pods.ts';
import type { FleetView } from '../ports/kubernetes.ts';

type View = Pick<FleetView, 'podsOn' | 'replicasOf'>;

/** How many questions are asked at once. */
const AT_ONCE = { concurrency: 5 };

/**
 * @param nodes names of the nodes of a batch, before it begins
 * @throws ClusterAway, ClusterRefused
 */
export async function readMoving(nodes: readonly string[], view: View): Promise<MovedController[]> {
  const pods = await pMap(nodes, (node) => view.podsOn(node), AT_ONCE);
  const owners = movingControllers(pods.flat());
  const replicas = await readReplicas(owners, view);
  return owners.flatMap((owner) => {
    const { ready = 0 } = replicas.get(ownerKey(owner)) ?? {};
    return ready === 0 ? [] : [{ ...owner, ready }];
  });
}

/** @throws ClusterAway, ClusterRefused */
export async function readAwaited(
  moved: readonly MovedController[],
  view: View,
): Promise<readonly AwaitedController[]> {
  const replicas = await readReplicas(moved, view);
  return awaitedControllers(moved, (controller) => replicas.get(ownerKey(controller)));
}

async function readReplicas(owners: readonly Owner[], view: View): Promise<ReadonlyMap<string, Replicas | undefined>> {
  const read = async (owner: Owner) => [ownerKey(owner), await view.replicasOf(owner)] as const;
  return new Map(await pMap(owners, read, AT_ONCE));
}
