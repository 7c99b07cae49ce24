/**
 * All nodes of a cluster, and how many pods each has. A cluster may have thousands, of 10 KB each, and most of that is
 * images and conditions that nobody asks for: lists are read as the server's plain JSON, a page at a time, and of a page
 * nothing is kept but what is taken from it. (The typed client would hold three copies of it at once.)
 */
import type { KubernetesObject, V1Node } from '@kubernetes/client-node';
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import * as z from 'zod/mini';
import { ClusterAway } from '../../core/kubernetes/cluster-error.ts';
import type { FleetView } from '../../workflow/ports/kubernetes.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { toNode } from './nodes.ts';
import { clusterErrorOf } from './api/status.ts';

/** Of 10 KB each, and as text, bytes and objects at once: larger pages save little time, and take more memory. */
const NODES_PER_PAGE = 100;
/** More than any node has. */
const PODS_PER_PAGE = 500;

/** A pod without its spec and status is a fifth of one; a server that cannot give that may give the whole. */
const METADATA_ALONE = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

export function fleetView(connection: KubernetesConnection): FleetView {
  return {
    async *allNodes() {
      const told = new Set<string>();
      const page = pages(connection, {
        path: '/api/v1/nodes',
        size: NODES_PER_PAGE,
        take: (items: readonly V1Node[]) => items.map(toNode),
      });
      for await (const nodes of page) {
        // A list that was begun anew comes past the same nodes again.
        yield nodes.filter(({ uid }) => !told.has(uid));
        for (const { uid } of nodes) told.add(uid);
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
  };
}

interface PagedList<Item, Taken> {
  /** The collection's path, for example `/api/v1/pods`. */
  readonly path: string;
  /** Of a page. */
  readonly size: number;
  readonly query?: Readonly<Record<string, string>>;
  readonly accept?: string;
  /** What is kept of a page. */
  readonly take: (items: readonly Item[]) => Taken;
}

/** What was taken of a page, and where the list goes on; empty at its end. */
type Page<Taken> = { readonly taken: Taken; readonly next: string } | { readonly expired: true; readonly next: string };

/**
 * What was taken of each page in turn. A list that takes longer than the server remembers (5 minutes) goes on from the
 * same place with what is there by then, or from the beginning if the server knows no such place any more, once.
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

/** Where to go on, as the server says it in its refusal of a place that has expired. */
function freshPlace(body: unknown): string {
  try {
    return expiredSchema.parse(typeof body === 'string' ? JSON.parse(body) : body).metadata.continue ?? '';
  } catch {
    return '';
  }
}
