/**
 * Watches how fast pods without a budget leave, and whether any is held that need not be (contract 4.5). What is promised
 * is told here by the contract, not by the code.
 */
import { MINUTE, SECOND } from '../../given.ts';
import type { App, Fault } from '../run/scenario.ts';
import { isHealthy, type ModelPod } from './workloads.ts';
import type { World } from './world.ts';

/** Longer than the longest suspension, with the passes around it. */
const LONGEST_HOLD_MS = 10 * MINUTE;

/** What holds up no pod. */
const HARMLESS: ReadonlySet<Fault['kind']> = new Set(['conflict', 'EC2 silent', 'retention removed']);

export class Pace {
  readonly #world: World;
  /** By app: since when another of its pods could have left, epoch milliseconds. */
  readonly #freeSince = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
    world.workloads.onChange(() => {
      this.#look();
    });
    this.#look();
  }

  /** A Ready pod is evicted. */
  evicting(found: ModelPod): void {
    const { app, appName, pod } = found;
    const { scenario, witness, workloads } = this.#world;
    // Across two retirements it is best effort.
    if (!isPaced(app, scenario.drain.impliedBudget) || !isHealthy(pod) || witness.spans.size > 1) return;
    const left = workloads.healthy(appName).length - 1;
    const least = this.#leastHealthy(appName, app);
    if (left < least)
      witness.broken(`P3: ${appName} is left with ${left} of ${app.here + app.elsewhere} pods, by ${pod.name}`);
  }

  /** A pod is deleted past its budgets at its force point. @param isolatedAt epoch milliseconds */
  forcing(found: ModelPod, isolatedAt: number): void {
    const { app, appName, pod } = found;
    const freeSince = Math.max(this.#freeSince.get(appName) ?? Infinity, isolatedAt);
    const heldMs = Date.now() - freeSince;
    if (heldMs <= LONGEST_HOLD_MS || !isHealthy(pod) || !this.#isUndisturbed(app)) return;
    this.#world.witness.broken(`4.5: ${pod.name} is forced, although it could have left for ${heldMs / SECOND} s`);
  }

  #look(): void {
    const now = Date.now();
    for (const [name, app] of this.#world.workloads.apps) {
      if (!this.#isFree(name, app)) this.#freeSince.delete(name);
      else if (!this.#freeSince.has(name)) this.#freeSince.set(name, now);
    }
  }

  #isFree(name: string, app: App): boolean {
    if (app.spare !== undefined && app.coveredTwice) return false;
    if (app.spare === undefined && !isPaced(app, this.#world.scenario.drain.impliedBudget)) return true;
    const healthy = this.#world.workloads.healthy(name).length;
    // Nobody knows how many it wants: one that stops may not have been replaced yet.
    if (app.spare === undefined && isUnknown(app) && healthy < this.#world.workloads.count(name)) return false;
    return healthy > this.#leastHealthy(name, app);
  }

  /** How many pods of the app must stay, by its budget or by the one that is implied. */
  #leastHealthy(name: string, app: App): number {
    const { impliedBudget: share } = this.#world.scenario.drain;
    const replicas = app.here + app.elsewhere;
    if (app.spare !== undefined) return Math.max(0, replicas - app.spare);
    // Nobody makes its pods again: of those that are left, one at a time.
    if (app.claims !== undefined) return this.#world.workloads.count(name) - 1;
    if (replicas <= 1 || share === 'off') return 0;
    return replicas - (app.kind === 'ReplicaSet' ? Math.max(1, Math.ceil(replicas * share)) : 1);
  }

  /** Whether nothing but budgets and pace could have held a pod of the app. */
  #isUndisturbed({ isProtected, isCritical, comesBack, claims }: App): boolean {
    const { scenario, witness } = this.#world;
    const { drain, faults, crashes, node } = scenario;
    return (
      !(isProtected || isCritical || comesBack || claims !== undefined) &&
      faults.every(({ kind }) => HARMLESS.has(kind)) &&
      crashes.length === 0 &&
      witness.spans.size === 1 &&
      node.heldUpUntil === undefined &&
      drain.pauseBetweenEvictionsSeconds === 0
    );
  }
}

/** Pods of a Job are not waited for, those of a DaemonSet stay, and a claim to be somebody else's gains nobody anything. */
function isPaced({ kind, spare, claims }: App, share: number | 'off'): boolean {
  if (share === 'off' || spare !== undefined) return false;
  if (claims !== undefined) return claims !== "another controller's uid";
  return kind === 'ReplicaSet' || kind === 'StatefulSet' || kind === 'CloneSet';
}

function isUnknown({ kind, claims, unreadable }: App): boolean {
  return kind === 'CloneSet' || claims !== undefined || unreadable === true;
}
