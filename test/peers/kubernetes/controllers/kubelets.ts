/** The kubelets of all nodes: their heartbeats, static pods, and what they are told of. */
import type { DrivenTimer } from '../../clock.ts';
import type { Cluster } from '../world/cluster.ts';
import type { Node, Pod } from '../storage/objects.ts';
import { leases, nodes, pods, volumeAttachments } from '../storage/resources.ts';
import { type Change, isOf } from '../storage/store.ts';
import { microTimestamp } from '../storage/timestamp.ts';
import { Kubelet } from './kubelet.ts';

const LEASE_NAMESPACE = 'kube-node-lease';
const MIRROR = 'kubernetes.io/config.mirror';

export class Kubelets {
  readonly #cluster: Cluster;
  readonly #kubelets = new Map<string, Kubelet>();
  readonly #heartbeat: DrivenTimer;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.store.onChange((change) => {
      this.#see(change);
    });
    const timer: DrivenTimer = cluster.clock.after(cluster.latencies.heartbeat, () => {
      this.#renewLeases();
      timer.refresh();
    });
    this.#heartbeat = timer;
  }

  /**
   * A machine joins, with or before its node: its kubelet takes up the pods that are bound to it. A Node that a client
   * merely posted has none, as on a real server.
   */
  add(node: string): void {
    if (this.#kubelets.has(node)) return;
    const kubelet = new Kubelet(this.#cluster, node);
    this.#kubelets.set(node, kubelet);
    this.#renew(node);
    kubelet.start();
  }

  /** The kubelet dies, or its machine does. */
  stop(node: string): void {
    this.#kubelets.get(node)?.stop();
  }

  restart(node: string): void {
    this.#kubelets.get(node)?.start();
  }

  isAlive(node: string): boolean {
    return this.#kubelets.get(node)?.alive ?? false;
  }

  stopAll(): void {
    this.#heartbeat.cancel();
    for (const kubelet of this.#kubelets.values()) kubelet.stop();
  }

  #see(change: Change): void {
    if (isOf(nodes, change)) this.#seeNode(change);
    else if (isOf(volumeAttachments, change)) this.#kubelets.get(change.object.spec.nodeName)?.retryWaiting();
    else if (isOf(pods, change)) this.#seePod(change);
  }

  #seeNode({ type, object: { metadata } }: Change<Node>): void {
    if (type === 'DELETED') this.#drop(metadata.name);
  }

  #seePod({ type, object }: Change<Pod>): void {
    const kubelet = this.#kubelets.get(object.spec.nodeName ?? '');
    if (kubelet === undefined) return;
    if (type !== 'DELETED') {
      kubelet.see(object);
      return;
    }
    kubelet.forget(object);
    if (kubelet.alive) this.#showAgain(object);
  }

  #drop(node: string): void {
    this.#kubelets.get(node)?.stop();
    this.#kubelets.delete(node);
  }

  /** A static pod goes on running when its mirror is deleted; the kubelet makes a new mirror. */
  #showAgain({ metadata, spec, status }: Pod): void {
    if (metadata.annotations?.[MIRROR] === undefined) return;
    const { name, namespace = '', labels = {}, annotations, ownerReferences = [] } = metadata;
    const again = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels, annotations, ownerReferences },
    };
    this.#cluster.store.create(pods, { ...again, spec, status });
  }

  #renewLeases(): void {
    for (const [name, { alive }] of this.#kubelets) if (alive) this.#renew(name);
  }

  #renew(name: string): void {
    const { store, clock } = this.#cluster;
    const renewTime = microTimestamp(clock.now());
    const key = { namespace: LEASE_NAMESPACE, name };
    const renewed = store.change(leases, key, ({ spec }) => {
      spec.renewTime = renewTime;
    });
    if (renewed !== undefined) return;
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime };
    store.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: key, spec });
  }
}
