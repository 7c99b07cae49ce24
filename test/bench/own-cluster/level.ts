/** Whether somebody's cluster is as it was before the last drain, so that the next one meets the same. */
import type { V1Pod } from '@kubernetes/client-node';
import { pathOf } from '../../../lambdas/adapters/kubernetes/api/path.ts';
import { toPod } from '../../../lambdas/adapters/kubernetes/pods.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import { podName, type Owner, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { readItems, readOwnNode } from '../../demo/own-node/own-node.ts';
import { isPromised, serves } from '../../demo/own-watch/promised-pods.ts';
import type { Upstream } from '../../peers/own-cluster/upstream.ts';

/**
 * @param leaving pods that drains will move: each of their controllers is to have as many that serve as now
 * @returns what tells in words what is lacking; undefined when nothing is
 */
export async function levelCheck(
  upstream: Upstream,
  { node, leaving }: { node: Node; leaving: readonly Pod[] },
): Promise<() => Promise<string | undefined>> {
  const owners = [...new Map(leaving.map(({ owner }) => [owner?.uid, owner])).values()].filter(isPromised);
  const before = await servingOf(upstream, owners);
  return async () =>
    (await nodeLack(upstream, node)) ?? owners.map(lackOf(before, await servingOf(upstream, owners))).find(Boolean);
}

async function nodeLack(upstream: Upstream, { name, taints }: Node): Promise<string | undefined> {
  const now = await readOwnNode(name, upstream);
  if (now === undefined) return `node ${name} is gone`;
  if (now.unschedulable) return `node ${name} is still cordoned`;
  const added = now.taints.find(({ key }) => !taints.some((taint) => taint.key === key));
  return added && `node ${name} still has the taint ${added.key}`;
}

/** Pods that serve, by the uid of their controller. */
type Serving = ReadonlyMap<string, number>;

async function servingOf(upstream: Upstream, owners: readonly Owner[]): Promise<Serving> {
  const serving = new Map<string, number>();
  for (const namespace of new Set(owners.map((owner) => owner.namespace))) {
    const path = pathOf('/api/v1/namespaces', namespace, 'pods');
    const pods = (await readItems<V1Pod>(upstream, path, `the pods of namespace ${namespace}`)).map(toPod);
    for (const { owner } of pods.filter(serves))
      if (owner !== undefined) serving.set(owner.uid, (serving.get(owner.uid) ?? 0) + 1);
  }
  return serving;
}

function lackOf(before: Serving, now: Serving): (owner: Owner) => string | undefined {
  return (owner) => {
    const [was = 0, is = 0] = [before.get(owner.uid), now.get(owner.uid)];
    return is < was ? `${owner.kind} ${podName(owner)} has ${is} Ready pods, and had ${was}` : undefined;
  };
}
