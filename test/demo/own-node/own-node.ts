/** The node of the user's own cluster, and whether it can be drained as it is: looked at before anything is started. */
import type { V1Node, V1NodeList, V1Pod } from '@kubernetes/client-node';
import { toNode } from '../../../lambdas/adapters/kubernetes/nodes.ts';
import { toPod } from '../../../lambdas/adapters/kubernetes/pods.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { OwnClusterFault } from '../../peers/own-cluster/fault.ts';
import type { KubeconfigFile } from '../../peers/own-cluster/kubeconfig-file.ts';
import type { Upstream, UpstreamAnswer } from '../../peers/own-cluster/upstream.ts';
import { checkRights } from './cluster-rights.ts';

/** What there is to drain. */
export interface OwnNode {
  readonly node: Node;
  /** Of every node, this one too. */
  readonly nodes: readonly string[];
  /** Other nodes that are Ready and take pods. */
  readonly refuges: number;
}

/** How many names an unknown node's refusal lists. */
const NAMES_SHOWN = 10;

/** @throws OwnClusterFault when the cluster, the user's rights or the node are not what a drain needs */
export async function checkOwnNode(name: string, upstream: Upstream, kubeconfig: KubeconfigFile): Promise<OwnNode> {
  const answer = await upstream.ask({ method: 'GET', path: nodePath(name) });
  checkAnswer(answer, kubeconfig);
  await checkRights(upstream);
  const list = await upstream.ask({ method: 'GET', path: '/api/v1/nodes' });
  const items = list.status === 200 ? (list.body as V1NodeList).items : [];
  if (answer.status === 404) throw unknownNode(name, items);
  if (answer.status !== 200) throw odd(answer, kubeconfig);
  const raw = answer.body as V1Node;
  if (!isReady(raw)) throw notReady(raw);
  return {
    node: toNode(raw),
    nodes: items.map(({ metadata }) => metadata?.name ?? ''),
    refuges: items.filter((other) => other.metadata?.name !== name && isReady(other) && !other.spec?.unschedulable)
      .length,
  };
}

/** The node as it is now; undefined when it is gone. @throws OwnClusterFault */
export async function readOwnNode(name: string, upstream: Upstream): Promise<Node | undefined> {
  const { status, body } = await upstream.ask({ method: 'GET', path: nodePath(name) });
  if (status === 404) return undefined;
  if (status !== 200) throw new OwnClusterFault(`node ${name} cannot be read: HTTP ${status}`, []);
  return toNode(body as V1Node);
}

/** @throws OwnClusterFault */
export async function readPodsOn(node: string, upstream: Upstream): Promise<Pod[]> {
  const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`;
  return (await readItems<V1Pod>(upstream, path, `the pods of node ${node}`)).map(toPod);
}

/** @param what in words, for the fault @throws OwnClusterFault */
export async function readItems<Item>(upstream: Upstream, path: string, what: string): Promise<Item[]> {
  const { status, body } = await upstream.ask({ method: 'GET', path });
  if (status !== 200) throw new OwnClusterFault(`${what} cannot be read: HTTP ${status}`, []);
  return (body as { items: Item[] }).items;
}

/** How many pods the cluster has; the server counts them. */
export async function countPods(upstream: Upstream): Promise<number> {
  const { body } = await upstream.ask({ method: 'GET', path: '/api/v1/pods?limit=1' });
  const { items, metadata } = body as { items?: unknown[]; metadata?: { remainingItemCount?: number } };
  return (items?.length ?? 0) + (metadata?.remainingItemCount ?? 0);
}

export function nodePath(name: string): string {
  return `/api/v1/nodes/${encodeURIComponent(name)}`;
}

function checkAnswer(answer: UpstreamAnswer, kubeconfig: KubeconfigFile): void {
  const { server, userEntry, context, file } = kubeconfig;
  if (answer.status === 401) {
    throw new OwnClusterFault(
      `the API server ${server.origin} does not take the credentials of user ${userEntry} (context ${context})`,
      [`they may have expired: fetch the kubeconfig anew, then try kubectl --kubeconfig ${file} get nodes`],
    );
  }
  if ((answer.body as { kind?: unknown } | null)?.kind === undefined) throw odd(answer, kubeconfig);
}

function odd({ status, body }: UpstreamAnswer, { server, file }: KubeconfigFile): OwnClusterFault {
  const words = typeof body === 'string' ? body : ((body as { message?: string } | null)?.message ?? '');
  return new OwnClusterFault(
    `${server.href} does not answer as an API server does: HTTP ${status} ${words.slice(0, 200)}`.trim(),
    [`check clusters[].cluster.server of ${file}, its path too`],
  );
}

function unknownNode(name: string, items: readonly V1Node[]): OwnClusterFault {
  const names = items.map(({ metadata }) => metadata?.name ?? '');
  const more = names.length > NAMES_SHOWN ? `, and ${names.length - NAMES_SHOWN} more` : '';
  return new OwnClusterFault(`the cluster has no node ${JSON.stringify(name)}`, [
    names.length === 0 ? 'it has no nodes at all' : `its nodes are ${names.slice(0, NAMES_SHOWN).join(', ')}${more}`,
  ]);
}

function notReady({ metadata, status }: V1Node): OwnClusterFault {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const name = metadata?.name ?? '';
  const why = [ready?.reason, ready?.message].filter(Boolean).join(': ') || 'it has no Ready condition';
  return new OwnClusterFault(`node ${name} is not Ready: ${why}`, [
    `wait until it is, or take another: kubectl describe node ${name}`,
  ]);
}

function isReady({ status }: V1Node): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}
