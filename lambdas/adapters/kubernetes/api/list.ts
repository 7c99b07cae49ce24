/** Reads a whole collection, in pages that share one version. A watch can go on from that version. */
import type { KubernetesObject } from '@kubernetes/client-node/dist/types.js';
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import type { KubernetesConnection } from './connection.ts';
import { clusterErrorOf } from './status.ts';

export interface CollectionPlace {
  /** For example `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
}

export interface WholeList<Kept> {
  readonly kept: Kept[];
  readonly version: string | undefined;
}

const PAGE = '500';

/**
 * Lists the collection. If its pages expire while they are read, the list begins anew, once.
 *
 * @param keep returns what to keep of an object
 * @throws ClusterAway, ClusterRefused
 */
export async function listWhole<Kept>(
  connection: KubernetesConnection,
  place: CollectionPlace,
  keep: (object: KubernetesObject) => Kept,
): Promise<WholeList<Kept>> {
  try {
    return await listOnce(connection, place, keep).catch((error: unknown) => {
      if (error instanceof ApiException && error.code === 410) return listOnce(connection, place, keep);
      throw error;
    });
  } catch (error) {
    throw clusterErrorOf(error);
  }
}

async function listOnce<Kept>(
  connection: KubernetesConnection,
  { path, query }: CollectionPlace,
  keep: (object: KubernetesObject) => Kept,
): Promise<WholeList<Kept>> {
  const kept: Kept[] = [];
  let page: ListPage | undefined;
  do {
    const next = page?.metadata.continue ?? '';
    const asked = { ...query, limit: PAGE, ...(next !== '' && { continue: next }) };
    page = (await connection.read(path, asked)) as ListPage;
    for (const object of page.items) kept.push(keep(object));
  } while ((page.metadata.continue ?? '') !== '');
  return { kept, version: page.metadata.resourceVersion };
}

interface ListPage {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly KubernetesObject[];
}
