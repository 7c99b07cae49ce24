/**
 * The adapters on a Kubernetes peer: this thread is on the peer's clock, and the connection's user has the rights of the
 * shipped ClusterRole and no more, so every test shows as well that those suffice.
 */
import { clusterRoleManifests } from '../../../infra/cluster-role/cluster-role.ts';
import { kubernetesCluster } from '../../../lambdas/adapters/kubernetes/cluster.ts';
import { tokenAccess, type TokenSource } from '../../../lambdas/adapters/eks/access.ts';
import { connect, type KubernetesConnection } from '../../../lambdas/adapters/kubernetes/api/connection.ts';
import { toPod } from '../../../lambdas/adapters/kubernetes/pods.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { Cluster, FleetView } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { DrivenClock } from '../../peers/clock.ts';
import type { AccessEntry } from '../../peers/kubernetes/api/access-log.ts';
import type { Latencies } from '../../peers/kubernetes/world/cluster.ts';
import type { Key, Manifest } from '../../peers/kubernetes/storage/objects.ts';
import { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import type { User } from '../../peers/kubernetes/access/rbac.ts';
import { configMaps, pods } from '../../peers/kubernetes/storage/resources.ts';

/** The user that the ClusterRole binds. */
export const USER = 'ebb';

export interface KubernetesPlan {
  readonly latencies?: Partial<Latencies>;
  /** Whom tokens that the peer did not make belong to. */
  readonly authenticate?: (bearer: string) => Promise<User | undefined>;
  /** Whether the server says when a watch's first events are over. @default true */
  readonly streamsLists?: boolean;
}

export class KubernetesGiven implements AsyncDisposable {
  readonly peer: KubernetesPeer;
  readonly clock: DrivenClock;
  readonly connection: KubernetesConnection;
  readonly cluster: Cluster & FleetView;
  readonly #uninstall: () => void;
  readonly #connections: KubernetesConnection[] = [];

  private constructor(peer: KubernetesPeer, uninstall: () => void) {
    this.peer = peer;
    this.clock = peer.clock;
    this.#uninstall = uninstall;
    for (const manifest of clusterRoleManifests('ebb-group'))
      peer.world.apply(manifest as Manifest & { metadata: Key });
    this.connection = this.connect({ token: peer.addUser(USER, ['ebb-group']) });
    this.cluster = kubernetesCluster(this.connection);
  }

  static async start(plan: KubernetesPlan = {}): Promise<KubernetesGiven> {
    const clock = new DrivenClock({ stands: true });
    const peer = await KubernetesPeer.start({ clock, ...plan });
    return new KubernetesGiven(peer, clock.install());
  }

  /** Another connection, closed at the end with the rest. */
  connect(to: { server?: string; ca?: string; token?: string; tokens?: TokenSource } = {}): KubernetesConnection {
    const { server = this.peer.url, ca = this.peer.ca, token = this.peer.adminToken, tokens = steady(token) } = to;
    const connection = connect(tokenAccess({ server, ca }, tokens));
    this.#connections.push(connection);
    return connection;
  }

  /** A connection of a user who may do only what `rules` say. */
  connectWith(rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[]): KubernetesConnection {
    const [role, binding] = clusterRoleManifests('limited-group') as (Manifest & { metadata: Key; roleRef?: object })[];
    const named = { metadata: { name: 'limited' } };
    this.peer.world.apply({ ...role, ...named, rules } as unknown as Manifest & { metadata: Key });
    const roleRef = { ...binding?.roleRef, name: 'limited' };
    this.peer.world.apply({ ...binding, ...named, roleRef } as Manifest & { metadata: Key });
    return this.connect({ token: this.peer.addUser('limited', ['limited-group']) });
  }

  /** The pod as the adapters read it. */
  pod(name: string, namespace = 'app'): Pod {
    const pod = this.peer.store.get(pods, { namespace, name });
    if (pod === undefined) throw new Error(`there is no pod ${namespace}/${name}`);
    return toPod(pod as never);
  }

  /** Any object whose making costs nothing: a ConfigMap of namespace `app` with one value. */
  put(name: string, value: string): void {
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'app', name }, data: { value } };
    this.peer.world.apply(manifest);
  }

  take(name: string): void {
    this.peer.store.remove(configMaps, { namespace: 'app', name });
  }

  /** What was asked of the peer, those of one verb when given. */
  requests(verb?: string): AccessEntry[] {
    return this.peer.requests.entries.filter((entry) => verb === undefined || entry.verb === verb);
  }

  /** Lets driven time pass until `work` has ended, in steps too short to time out an answer that is on its way. */
  async during<T>(work: Promise<T>, step = 50): Promise<T> {
    let ended = false;
    const end = (): void => {
      ended = true;
    };
    work.then(end, end);
    await this.until(() => ended, step);
    return work;
  }

  /** Lets driven time pass until `holds`. */
  async until(holds: () => boolean, step = 50): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (!holds()) {
      if (performance.now() > end) throw new Error(`after ${PATIENCE_MS / 1000} s still not: ${holds.toString()}`);
      await this.clock.advance(step);
      await io();
    }
  }

  /** Lets so much driven time pass, and what it sets off happen. */
  async pass(milliseconds: number, step = 50): Promise<void> {
    const end = this.clock.now() + milliseconds;
    while (this.clock.now() < end) {
      await this.clock.advance(Math.min(step, end - this.clock.now()));
      await io();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const connection of this.#connections) await connection.close();
    await this.peer.stop();
    this.#uninstall();
  }
}

/** A listener that remembers what it was told. */
export class Heard {
  changes = 0;
  readonly failures: Error[] = [];

  readonly changed = (): void => {
    this.changes += 1;
  };

  readonly failed = (error: Error): void => {
    this.failures.push(error);
  };
}

/** Real milliseconds. */
const PATIENCE_MS = 8_000;

export function steady(token: string): TokenSource {
  const answer = (): Promise<string> => Promise.resolve(token);
  return { current: answer, renew: answer };
}

/** Lets what is on its way over the loopback arrive. */
export async function io(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
