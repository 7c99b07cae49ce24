/** Everything that a drain decides by, watched: the node's pods, all budgets, and the controllers that it asks for. */
import type { KubernetesObject, V1Pod } from '@kubernetes/client-node';
import * as z from 'zod/mini';
import type { DisruptionBudget } from '../core/disruption-budget.ts';
import type { Workload } from '../core/implied-budget.ts';
import type { Owner, Pod } from '../core/pod.ts';
import type { UnreadyPod } from '../core/unready-pod.ts';
import type { DrainWatch, WatchListener } from '../workflow/ports.ts';
import { toBudget } from './kubernetes-budgets.ts';
import type { KubernetesConnection } from './kubernetes-connection.ts';
import { isServing, toPod } from './kubernetes-pods.ts';
import { unlessMissing } from './kubernetes-status.ts';
import { toUnreadyPod } from './kubernetes-unready-pods.ts';
import { watch, type WatchedCollection } from './kubernetes-watch.ts';

export async function watchDrain(
  connection: KubernetesConnection,
  node: string,
  listener: WatchListener,
): Promise<DrainWatch> {
  const [pods, budgets] = await allOrNone([
    watch<Pod>(
      connection,
      { path: '/api/v1/pods', query: { fieldSelector: `spec.nodeName=${node}` }, start: 'list', read: toPod },
      listener,
    ),
    watch<DisruptionBudget>(
      connection,
      { path: '/apis/policy/v1/poddisruptionbudgets', start: 'list', read: toBudget },
      listener,
    ),
  ]);
  const controllers = new Controllers(connection, listener);
  return {
    state: () => ({
      pods: [...pods.items.values()],
      budgets: [...budgets.items.values()],
      workloads: controllers.workloads(),
    }),
    follow: (pod) => {
      controllers.follow(pod);
    },
    confirm: () => pods.relist(),
    close: () => {
      pods.close();
      budgets.close();
      controllers.close();
    },
  };
}

/** Both, or the first failure with nothing left open. */
async function allOrNone<One extends Closable, Other extends Closable>(
  opening: readonly [Promise<One>, Promise<Other>],
): Promise<readonly [One, Other]> {
  try {
    return await Promise.all(opening);
  } catch (error) {
    for (const each of await Promise.allSettled<Closable>(opening)) if (each.status === 'fulfilled') each.value.close();
    throw error;
  }
}

interface Closable {
  close(): void;
}

/** Where the number of replicas and the selector of a kind are read; other kinds are known by their pods alone. */
const SCALED_KINDS: Readonly<Record<string, { api: string; plural: string }>> = {
  ReplicaSet: { api: '/apis/apps/v1', plural: 'replicasets' },
  StatefulSet: { api: '/apis/apps/v1', plural: 'statefulsets' },
  ReplicationController: { api: '/api/v1', plural: 'replicationcontrollers' },
};

/** Labels that differ between the pods of one controller, of no use to find its others. */
const PER_POD_LABELS = new Set([
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
  'controller-revision-hash',
]);

const scaledSchema = z.object({ spec: z.object({ replicas: z._default(z.number(), 1) }) });

/** How long a controller that has fewer pods than it wants is listened to before that is believed, milliseconds. */
const SIBLINGS_SETTLE_MS = 500;

/** Controllers whose pods are paced, each with its pods in the whole cluster: a read and a watch apiece. */
class Controllers {
  readonly #connection: KubernetesConnection;
  readonly #listener: WatchListener;
  readonly #followed = new Map<string, Followed>();
  #closed = false;

  constructor(connection: KubernetesConnection, listener: WatchListener) {
    this.#connection = connection;
    this.#listener = listener;
  }

  workloads(): ReadonlyMap<string, Workload> {
    const known = [...this.#followed].filter(([, followed]) => isKnown(followed));
    return new Map(known.map(([uid, followed]) => [uid, workloadOf(followed)]));
  }

  follow(pod: Pod): void {
    const { owner } = pod;
    if (owner === undefined || this.#followed.has(owner.uid)) return;
    const followed: Followed = { owner, first: pod, mostSeen: 1, settled: false };
    this.#followed.set(owner.uid, followed);
    this.#open(followed).catch((error: unknown) => {
      if (!this.#closed) this.#listener.failed(error as Error);
    });
  }

  close(): void {
    this.#closed = true;
    for (const { siblings, settling } of this.#followed.values()) {
      siblings?.close();
      clearTimeout(settling);
    }
  }

  async #open(followed: Followed): Promise<void> {
    const { owner, first } = followed;
    const replicas = await this.#replicas(owner);
    if (this.#closed) return;
    if (replicas !== undefined) followed.replicas = replicas;
    if (replicas === 1) {
      // A single replica goes at once: its siblings need no watching.
      this.#settle(followed);
      return;
    }
    const labels = Object.entries(first.labels).filter(([label]) => !PER_POD_LABELS.has(label));
    followed.siblings = await watch<Sibling>(
      this.#connection,
      {
        path: `/api/v1/namespaces/${owner.namespace}/pods`,
        query: { labelSelector: labels.map(([label, value]) => `${label}=${value}`).join(',') },
        // Its first events may still be missing: fewer Ready pods than there are let fewer go.
        start: 'watch',
        read: (object) => siblingIn(object, owner.uid),
      },
      this.#listener,
    );
    followed.settling = setTimeout(() => {
      this.#settle(followed);
    }, SIBLINGS_SETTLE_MS);
  }

  #settle(followed: Followed): void {
    followed.settled = true;
    this.#listener.changed();
  }

  async #replicas({ kind, namespace, name }: Owner): Promise<number | undefined> {
    const scaled = SCALED_KINDS[kind];
    if (scaled === undefined) return undefined;
    const path = `${scaled.api}/namespaces/${namespace}/${scaled.plural}/${name}`;
    const controller = await unlessMissing(this.#connection.read(path));
    return controller === undefined ? undefined : scaledSchema.parse(controller).spec.replicas;
  }
}

interface Followed {
  readonly owner: Owner;
  /** The pod that it was followed for. */
  readonly first: Pod;
  /** Absent while it is being read, and for kinds that we do not know. */
  replicas?: number;
  /** By uid. */
  siblings?: WatchedCollection<Sibling>;
  /** How many pods of an unknown kind were ever seen Ready at once: the best guess at its replicas. */
  mostSeen: number;
  settling?: NodeJS.Timeout;
  settled: boolean;
}

/** A pod with the controller's labels: Ready and staying, or why not; or another controller's, or finished. */
type Sibling = 'ready' | UnreadyPod | 'no replica';

/** A watch without a list does not say when its first events are over: all pods are there, or time enough has passed. */
function isKnown({ replicas, siblings, settled }: Followed): boolean {
  return settled || (replicas !== undefined && siblings !== undefined && siblings.items.size >= replicas);
}

function workloadOf(followed: Followed): Workload {
  const { owner, first, siblings, replicas } = followed;
  const pods = siblings === undefined ? [[first.uid, 'ready' as const] as const] : [...siblings.items];
  const ready = pods.flatMap(([uid, sibling]) => (sibling === 'ready' ? [uid] : []));
  followed.mostSeen = Math.max(followed.mostSeen, ready.length);
  const unready = pods.flatMap(([, sibling]) => (typeof sibling === 'string' ? [] : [sibling]));
  return { owner, replicas: replicas ?? followed.mostSeen, readyPods: new Set(ready), unreadyPods: unready };
}

function siblingIn(object: KubernetesObject, owner: string): Sibling {
  const pod = object as V1Pod;
  const isOwn = (pod.metadata?.ownerReferences ?? []).some(({ uid, controller }) => uid === owner && controller);
  if (!isOwn) return 'no replica';
  return isServing(pod) ? 'ready' : (toUnreadyPod(pod) ?? 'no replica');
}
