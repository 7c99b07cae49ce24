/**
 * A kubelet stand-in: starts the pods that are bound to its node, and ends those that are being deleted. Stopped, it does
 * neither, and the pods of its node stay as they are.
 */
import type { DrivenTimer } from '../../clock.ts';
import type { Cluster } from '../world/cluster.ts';
import { deleteObject } from '../storage/deletion.ts';
import type { Pod } from '../storage/objects.ts';
import { paceOf } from '../api/pace.ts';
import { isFinished, isReady, isTerminating, withCondition } from '../world/pod-state.ts';
import { nodes, pods } from '../storage/resources.ts';
import { timestamp } from '../storage/timestamp.ts';
import { attachmentsOf, uniqueVolumeName, volumesOf } from '../world/volumes-of-pod.ts';
import { containerStatuses, isSidecar, type Stage } from './container-states.ts';

/** A sidecar is given this long at least, though the grace of its pod is over by then (kuberuntime's minimumGracePeriod). */
const LEAST_SIDECAR_GRACE = 2_000;

/** What the kubelet knows of a pod beyond its object. */
interface Work {
  uid: string;
  timer: DrivenTimer | undefined;
  stage: 'waiting' | 'starting' | 'running' | 'stopping' | 'stopping sidecars' | 'stopped';
  /** When the first deletion request came. */
  toldToStop: number | undefined;
}

export class Kubelet {
  readonly #cluster: Cluster;
  readonly #node: string;
  readonly #work = new Map<string, Work>();
  #alive = true;

  constructor(cluster: Cluster, node: string) {
    this.#cluster = cluster;
    this.#node = node;
  }

  get alive(): boolean {
    return this.#alive;
  }

  stop(): void {
    this.#alive = false;
    for (const { timer } of this.#work.values()) timer?.cancel();
  }

  /** Comes back and takes up its pods where they are. */
  start(): void {
    this.#alive = true;
    this.#work.clear();
    for (const pod of this.#cluster.store.list(pods)) this.see(pod);
  }

  /** Told of each change of a pod of this node. */
  see(pod: Pod): void {
    if (!this.#alive || pod.spec.nodeName !== this.#node) return;
    const work = this.#workFor(pod);
    if (isTerminating(pod)) this.#terminate(pod, work);
    else if (isFinished(pod)) work.stage = 'stopped';
    else if (work.stage === 'waiting') this.#start(pod, work);
  }

  /** Told that a pod's object is gone: whatever still runs is killed. */
  forget(pod: Pod): void {
    const key = keyText(pod);
    if (this.#work.get(key)?.uid !== pod.metadata.uid) return;
    this.#work.get(key)?.timer?.cancel();
    this.#work.delete(key);
    this.#reportVolumes();
  }

  #workFor(pod: Pod): Work {
    const known = this.#work.get(keyText(pod));
    if (known?.uid === pod.metadata.uid) return known;
    const stage = pod.status.phase === 'Running' ? 'running' : 'waiting';
    const work: Work = { uid: pod.metadata.uid, timer: undefined, stage, toldToStop: undefined };
    this.#work.set(keyText(pod), work);
    if (stage === 'running' && !isReady(pod)) this.#readyAfter(pod, work);
    return work;
  }

  /** Volumes first: a pod whose volume is attached elsewhere waits. */
  #start(pod: Pod, work: Work): void {
    if (!this.#volumesAttached(pod)) return;
    work.stage = 'starting';
    this.#reportVolumes();
    work.timer = this.#cluster.after(this.#cluster.latencies.controller + paceOf(pod).start, () => {
      work.stage = 'running';
      this.#write(pod, 'running', paceOf(pod).ready === 0);
      this.#readyAfter(pod, work);
    });
  }

  /** Looks again at the pods that wait, when attachments change. */
  retryWaiting(): void {
    const waiting = [...this.#work.values()].filter(({ stage }) => stage === 'waiting').map(({ uid }) => uid);
    if (waiting.length === 0) return;
    for (const pod of this.#cluster.store.list(pods)) if (waiting.includes(pod.metadata.uid)) this.see(pod);
  }

  #readyAfter(pod: Pod, work: Work): void {
    const { ready } = paceOf(pod);
    if (ready === 0 || ready === Infinity) return;
    work.timer = this.#cluster.after(ready, () => {
      this.#write(pod, 'running', true);
    });
  }

  /** Ends after its own time or when the grace is over; a later request may bring that nearer. */
  #terminate(pod: Pod, work: Work): void {
    if (work.stage === 'stopped') {
      this.#confirm(pod);
      return;
    }
    const { clock, latencies } = this.#cluster;
    work.toldToStop ??= clock.now();
    const grace = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
    const started = hasStarted(work);
    const shutdown = started ? paceOf(pod).shutdown : 0;
    const over = work.toldToStop + grace;
    const due = Math.min(work.toldToStop + shutdown, over) + latencies.controller;
    if (isStoppingBy(work, due)) return;
    work.timer?.cancel();
    work.stage = 'stopping';
    const sidecars = started && hasSidecars(pod);
    work.timer = this.#cluster.after(due - clock.now(), () => {
      if (sidecars) this.#stopSidecars(pod, work, over);
      else this.#end(pod, work);
    });
  }

  /** Sidecars are told to stop once the containers that they serve have ended, with what is left of the grace. */
  #stopSidecars(pod: Pod, work: Work, over: number): void {
    const grace = Math.max(over - this.#cluster.clock.now(), LEAST_SIDECAR_GRACE);
    work.stage = 'stopping sidecars';
    work.timer = this.#cluster.after(Math.min(paceOf(pod).sidecarShutdown, grace), () => {
      this.#end(pod, work);
    });
    this.#write(pod, 'sidecars', false);
  }

  #end(pod: Pod, work: Work): void {
    work.stage = 'stopped';
    this.#write(pod, 'ended', false);
  }

  /** The containers are gone: the object may go too, unless a finalizer holds it. */
  #confirm(pod: Pod): void {
    if ((pod.metadata.deletionGracePeriodSeconds ?? 0) === 0) return;
    deleteObject(this.#cluster, pods, pod, { gracePeriodSeconds: 0 });
  }

  #write({ metadata, spec }: Pod, stage: Stage, ready: boolean): void {
    const { store, clock } = this.#cluster;
    const now = timestamp(clock.now());
    if (store.get(pods, metadata)?.metadata.uid !== metadata.uid) return;
    store.change(pods, metadata, ({ status }) => {
      status.phase = stage === 'ended' ? 'Succeeded' : 'Running';
      status.startTime ??= now;
      status.hostIP ??= '10.0.0.1';
      status.podIP ??= '10.1.0.1';
      const states = { Initialized: true, Ready: ready, ContainersReady: ready };
      for (const [type, is] of Object.entries(states)) {
        const condition = { type, status: is ? 'True' : 'False', lastTransitionTime: now };
        status.conditions = withCondition(status.conditions, condition, now);
      }
      Object.assign(status, containerStatuses(spec, { stage, ready, now }));
    });
  }

  #volumesAttached(pod: Pod): boolean {
    const { store } = this.#cluster;
    const wanted = volumesOf(store, pod);
    if (wanted === undefined) return false;
    const attached = attachmentsOf(store, this.#node).filter(({ status }) => status.attached);
    return wanted.every((volume) =>
      attached.some(({ spec }) => spec.source.persistentVolumeName === volume.metadata.name),
    );
  }

  /** node.status.volumesInUse: the attach-detach controller leaves those attached. */
  #reportVolumes(): void {
    const { store } = this.#cluster;
    const mine = [...this.#work.keys()].map((key) => store.list(pods).find((pod) => keyText(pod) === key));
    const running = mine.filter((pod) => pod !== undefined);
    const inUse = running.flatMap((pod) => volumesOf(store, pod) ?? []).map(uniqueVolumeName);
    store.change(nodes, { name: this.#node }, ({ status }) => {
      if (inUse.length > 0) status.volumesInUse = [...new Set(inUse)].sort();
      else delete status.volumesInUse;
    });
  }
}

function hasStarted({ stage }: Work): boolean {
  return stage !== 'waiting' && stage !== 'starting';
}

/** Its containers end by then anyway, or have ended and only its sidecars go on. */
function isStoppingBy({ stage, timer }: Work, due: number): boolean {
  if (stage === 'stopping sidecars') return true;
  return stage === 'stopping' && timer !== undefined && timer.due <= due;
}

function hasSidecars({ spec }: Pod): boolean {
  return spec.initContainers?.some(isSidecar) ?? false;
}

function keyText({ metadata }: Pod): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}
