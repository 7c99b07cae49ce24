/** Nodes of a cluster: found, read and patched. */
import type { V1Node } from '@kubernetes/client-node';
import { setHeaderOptions } from '@kubernetes/client-node/dist/middleware.js';
import { PatchStrategy } from '@kubernetes/client-node/dist/patch.js';
import type { ObjectCoreV1Api } from '@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js';
import { RETIRING_LABEL, WITHDRAW_LABEL } from '../../core/node/marks.ts';
import { isInstance, type Node } from '../../core/kubernetes/node.ts';
import type { Cluster } from '../../workflow/ports/kubernetes.ts';
import { isDeniedByWebhook, patchFailure, statusOf, unlessMissing } from './api/status.ts';

const PAGE = 500;

type NodeVerbs =
  | 'findNodes'
  | 'readNode'
  | 'retiringNodes'
  | 'withdrawingNodes'
  | 'countNodes'
  | 'otherNodes'
  | 'patchNode'
  | 'deleteNode';

export function nodes(core: ObjectCoreV1Api): Pick<Cluster, NodeVerbs> {
  const readNode = async (name: string): Promise<Node | undefined> => {
    const node = await unlessMissing(core.readNode({ name }));
    return node && toNode(node);
  };

  const pages = async function* (labelSelector?: string): AsyncIterable<Node[]> {
    const selected = labelSelector === undefined ? {} : { labelSelector };
    let next: string | undefined;
    do {
      const continued = next === undefined ? {} : { _continue: next };
      const page = await unlessMissing(core.listNode({ limit: PAGE, ...selected, ...continued }));
      yield page?.items.map(toNode) ?? [];
      next = page?.metadata?._continue;
    } while (next !== undefined && next !== '');
  };

  const labelled = async (label: string): Promise<Node[]> => {
    const found: Node[] = [];
    for await (const page of pages(label)) found.push(...page);
    return found;
  };

  return {
    readNode,
    /** Reads all nodes: names recur, and a renamed machine has several (contract 2.1). */
    async findNodes(instance, privateDnsName) {
      const found: Node[] = [];
      for await (const page of pages()) {
        const mayBeIt = (node: Node): boolean =>
          node.providerId === undefined ? node.name === privateDnsName : isInstance(node, instance);
        found.push(...page.filter(mayBeIt));
      }
      return found;
    },
    retiringNodes: () => labelled(RETIRING_LABEL),
    async withdrawingNodes(most) {
      if (most === undefined) return await labelled(WITHDRAW_LABEL);
      const page = await unlessMissing(core.listNode({ labelSelector: WITHDRAW_LABEL, limit: most }));
      return page?.items.map(toNode) ?? [];
    },
    async countNodes() {
      const first = await unlessMissing(core.listNode({ limit: 1 }));
      // Without a selector the server says how many remain. If it does not, all nodes are read.
      const { _continue: next, remainingItemCount: remaining } = first?.metadata ?? {};
      const inFirst = first?.items.length ?? 0;
      if (next === undefined || next === '') return inFirst;
      if (remaining !== undefined) return inFirst + remaining;
      let counted = 0;
      for await (const page of pages()) counted += page.length;
      return counted;
    },
    async otherNodes(name) {
      const counted = { nodes: 0, ready: 0 };
      for await (const page of pages()) {
        const others = page.filter((node) => node.name !== name);
        counted.nodes += others.length;
        counted.ready += others.filter(({ notReadySince }) => notReadySince === undefined).length;
      }
      return counted;
    },
    async patchNode(name, body) {
      try {
        const merging = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
        await core.patchNode({ name, body }, merging);
        return 'patched';
      } catch (error) {
        const status = statusOf(error);
        // A webhook may deny with any code. The node is then neither gone nor changed meanwhile.
        if (status !== undefined && !isDeniedByWebhook(status)) {
          if (status.code === 404) return 'gone';
          if (status.code === 409) return 'conflict';
        }
        throw patchFailure(error);
      }
    },
    async deleteNode(name, instance) {
      const found = await unlessMissing(core.readNode({ name }));
      if (found === undefined || !isInstance(toNode(found), instance)) return;
      const { uid = '' } = found.metadata ?? {};
      // Another machine may have got the name meanwhile: then its node is not this one.
      await unlessMissing(core.deleteNode({ name, body: { preconditions: { uid } } }));
    },
  };
}

export function toNode({ metadata = {}, spec = {}, status = {} }: V1Node): Node {
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    ...(spec.providerID !== undefined && spec.providerID !== '' && { providerId: spec.providerID }),
    resourceVersion: metadata.resourceVersion ?? '',
    unschedulable: spec.unschedulable ?? false,
    taints: (spec.taints ?? []).map(({ key, value, effect, timeAdded }) => ({
      key,
      effect,
      ...(value !== undefined && { value }),
      ...(timeAdded !== undefined && { timeAdded: new Date(timeAdded).toISOString() }),
    })),
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    createdAt: new Date(metadata.creationTimestamp ?? 0).getTime(),
    ...machineInfo(status),
    ...internalIps(status),
    ...notReady({ metadata, status }),
  };
}

function machineInfo({ nodeInfo }: NonNullable<V1Node['status']>): Pick<Node, 'kubeletVersion' | 'bootId'> {
  if (nodeInfo === undefined) return {};
  const { kubeletVersion, bootID } = nodeInfo;
  return { kubeletVersion, ...(bootID !== '' && { bootId: bootID }) };
}

function internalIps({ addresses = [] }: NonNullable<V1Node['status']>): Pick<Node, 'internalIps'> {
  const internal = addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address);
  return internal.length > 0 ? { internalIps: internal } : {};
}

/** Since when the node is not Ready. A node that has never reported counts from its creation. */
function notReady({ metadata, status }: Pick<V1Node, 'metadata' | 'status'>): Pick<Node, 'notReadySince'> {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const since = ready?.lastTransitionTime ?? metadata?.creationTimestamp;
  return ready?.status === 'True' || since === undefined ? {} : { notReadySince: new Date(since).getTime() };
}
