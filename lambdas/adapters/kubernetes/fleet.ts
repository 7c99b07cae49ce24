/**
 * All nodes of a cluster, and the number of pods of each. A cluster may have thousands of nodes of 10 KB each, mostly
 * images and conditions. So lists are read as plain JSON, a page at a time, and only the fields that are needed are
 * kept. (The typed client would hold three copies of a page at once.)
 */
import type { KubernetesObject, V1Node } from '@kubernetes/client-node';
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import * as z from 'zod/mini';
import { ClusterAway } from '../../core/kubernetes/cluster-error.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import type { FleetView } from '../../workflow/ports/kubernetes.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { toNode } from './nodes.ts';
import { clusterErrorOf, unlessMissing } from './api/status.ts';

/** Nodes of 10 KB each, held as text, bytes and objects at once. Larger pages take more memory and save little time. */
const NODES_PER_PAGE = 100;
/** More pods than any node has. */
const PODS_PER_PAGE = 500;

/** Media type of metadata alone, a fifth of a pod; a server that does not know it may send the whole pod. */
const METADATA_ALONE = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

export function fleetView(
  connection: KubernetesConnection,
): Pick<FleetView, 'allNodes' | 'countPods' | 'controlPlaneVersion'> {
  return {
    async *allNodes() {
      const seen = new Set<string>();
      const page = pages(connection, {
        path: '/api/v1/nodes',
        size: NODES_PER_PAGE,
        take: (items: readonly V1Node[]) => items.map((item) => ({ ...toNode(item), ...conditionsOf(item) })),
      });
      for await (const nodes of page) {
        // A list that begins anew has the same nodes again.
        yield nodes.filter(({ uid }) => !seen.has(uid));
        for (const { uid } of nodes) seen.add(uid);
      }
    },
    async countPods(node) {
      const pods = new Set<string>();
      const page = pages(connection, {
        path: '/api/v1/pods',
        size: PODS_PER_PAGE,
        query: { fieldSelector: `spec.nodeName=${node}` },
        accept: METADATA_ALONE,
        take: (items) => items.map(({ metadata }) => metadata?.uid ?? ''),
      });
      for await (const uids of page) for (const uid of uids) pods.add(uid);
      return pods.size;
    },
    async controlPlaneVersion() {
      const { data } = versionSchema.safeParse(await unlessMissing(connection.read('/version')));
      // Some distributions write a plus after the minor version.
      const minor = /^\d+/.exec(data?.minor ?? '')?.[0];
      return data === undefined || minor === undefined ? undefined : `${data.major}.${minor}`;
    },
  };
}

/** What the kubelet says of its pressures, when it is well: most of all conditions. */
const WELL = new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable']);

function conditionsOf({ status }: V1Node): Pick<Node, 'conditions'> {
  const conditions = (status?.conditions ?? []).flatMap(({ type, status, lastTransitionTime }) => {
    const isWell = type === 'Ready' || (WELL.has(type) && status === 'False');
    if (isWell || lastTransitionTime === undefined) return [];
    return [{ type, status, since: new Date(lastTransitionTime).getTime() }];
  });
  return conditions.length > 0 ? { conditions } : {};
}

const versionSchema = z.object({ major: z.string(), minor: z.string() });

interface PagedList<Item, Taken> {
  /** The collection's path, for example `/api/v1/pods`. */
  readonly path: string;
  /** Items per page. */
  readonly size: number;
  readonly query?: Readonly<Record<string, string>>;
  readonly accept?: string;
  /** Returns what to keep of a page. */
  readonly take: (items: readonly Item[]) => Taken;
}

/** What was kept of a page, and the token of the next page; empty at the end. */
type Page<Taken> = { readonly taken: Taken; readonly next: string } | { readonly expired: true; readonly next: string };

/**
 * Yields what was kept of each page. If a list takes longer than the server remembers (5 minutes), it goes on from the
 * same place with the objects of that time. If the server does not know the place any more, it begins anew, once.
 */
async function* pages<Item extends KubernetesObject, Taken>(
  connection: KubernetesConnection,
  list: PagedList<Item, Taken>,
): AsyncIterable<Taken> {
  let begunAnew = false;
  let hasExpired = false;
  let next = '';
  do {
    const page = await readPage(connection, list, next);
    if ('expired' in page) {
      const isInVain = hasExpired || (page.next === '' && begunAnew);
      if (isInVain) throw new ClusterAway(`the list of ${list.path} expires faster than it is read`);
      begunAnew ||= page.next === '';
    } else {
      yield page.taken;
    }
    hasExpired = 'expired' in page;
    next = page.next;
  } while (next !== '' || hasExpired);
}

async function readPage<Item extends KubernetesObject, Taken>(
  connection: KubernetesConnection,
  { path, size, query, accept, take }: PagedList<Item, Taken>,
  place: string,
): Promise<Page<Taken>> {
  const asked = { ...query, limit: String(size), ...(place !== '' && { continue: place }) };
  try {
    const { metadata, items } = (await connection.read(path, asked, accept)) as List<Item>;
    return { taken: take(items), next: metadata.continue ?? '' };
  } catch (error) {
    if (!(error instanceof ApiException) || error.code !== 410) throw clusterErrorOf(error);
    return { expired: true, next: freshPlace(error.body) };
  }
}

interface List<Item> {
  readonly metadata: { readonly continue?: string };
  readonly items: readonly Item[];
}

const expiredSchema = z.object({ metadata: z.object({ continue: z.optional(z.string()) }) });

/** Returns the token to go on from, which the server sends when it refuses an expired one. */
function freshPlace(body: unknown): string {
  try {
    return expiredSchema.parse(typeof body === 'string' ? JSON.parse(body) : body).metadata.continue ?? '';
  } catch {
    return '';
  }
}
