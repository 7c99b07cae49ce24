/** What the controllers share: store, time, their latencies, and whether any of them still has work. */
import type { DrivenClock, DrivenTimer } from '../../clock.ts';
import { WorkQueue } from '../controllers/work-queue.ts';
import type { ObjectStore } from '../storage/store.ts';

/** How long things take, in driven milliseconds. */
export interface Latencies {
  /** From a change to the controller that acts on it. @default 20 */
  readonly controller: number;
  /** From the VolumeAttachment to `attached: true`. @default 30 */
  readonly attach: number;
  /** From the end of the last pod on a volume to the end of its VolumeAttachment. @default 500 */
  readonly detach: number;
  /** Between lease renewals of the kubelets. @default 10,000 */
  readonly heartbeat: number;
  /** From the last heartbeat to Ready=Unknown; the controller manager's default. @default 40,000 */
  readonly nodeMonitorGrace: number;
  /** From the end of a node's object to that of its pods (pod GC quarantine). @default 40,000 */
  readonly podGc: number;
  /** How long a volume of a dead node is left attached; the attach-detach controller's default. @default 360,000 */
  readonly forcedDetach: number;
}

export const DEFAULT_LATENCIES: Latencies = {
  controller: 20,
  attach: 30,
  detach: 500,
  heartbeat: 10_000,
  nodeMonitorGrace: 40_000,
  podGc: 40_000,
  forcedDetach: 360_000,
};

export class Cluster {
  readonly store: ObjectStore;
  readonly clock: DrivenClock;
  readonly latencies: Latencies;
  readonly #queues: WorkQueue[] = [];
  readonly #timers = new Set<DrivenTimer>();

  constructor(store: ObjectStore, clock: DrivenClock, latencies: Latencies) {
    this.store = store;
    this.clock = clock;
    this.latencies = latencies;
  }

  /** A queue of keys whose work is done once, a controller's latency after they were added. */
  queue(work: (key: string) => void): WorkQueue {
    const queue = new WorkQueue(this.clock, this.latencies.controller, work);
    this.#queues.push(queue);
    return queue;
  }

  /** No controller has work that is due. */
  get idle(): boolean {
    return this.#queues.every(({ idle }) => idle);
  }

  /** A timer that ends with the cluster. */
  after(milliseconds: number, run: () => void): DrivenTimer {
    const timer = this.clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
    return timer;
  }

  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    for (const queue of this.#queues) queue.stop();
  }
}
