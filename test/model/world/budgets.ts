/**
 * PodDisruptionBudgets as the server keeps them: their controller looks a moment after each change, an eviction is judged
 * by what it saw then, and takes from that until it looks again. By the Kubernetes documentation, not by the core.
 */
import type { DisruptionBudget } from '../../../lambdas/core/kubernetes/disruption-budget.ts';
import type { EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { App } from '../run/scenario.ts';

/** How long after a change the controller looks. */
const LOOKS_AFTER_MS = 1;

interface Status {
  readonly currentHealthy: number;
  readonly disruptionsAllowed: number;
}

interface Kept {
  readonly app: App;
  status: Status;
  /** Names of pods whose eviction was granted at its cost: what an adapter remembers of `disruptedPods`. */
  readonly granted: Set<string>;
}

export class Budgets {
  readonly #kept = new Map<string, Kept>();
  readonly #healthy: (appName: string) => number;
  readonly #changed: () => void;
  #willLook = false;

  /** @param healthy how many pods of an app are Ready and stay @param changed told when a budget shows something else */
  constructor(apps: ReadonlyMap<string, App>, healthy: (appName: string) => number, changed: () => void) {
    this.#healthy = healthy;
    this.#changed = changed;
    for (const [name, app] of apps) {
      if (app.spare !== undefined) this.#kept.set(name, { app, status: this.#look(name, app), granted: new Set() });
    }
  }

  /** Its pods have changed. */
  podsChanged(): void {
    if (this.#willLook || this.#kept.size === 0) return;
    this.#willLook = true;
    setTimeout(() => {
      this.#willLook = false;
      this.lookAtAll();
    }, LOOKS_AFTER_MS);
  }

  /** Whether a budget lets the pod go: it is charged when it has to be. */
  ownership(appName: string, pod: Pod): Exclude<EvictionAnswer, { kind: 'granted' }> | undefined {
    const kept = this.#kept.get(appName);
    if (kept === undefined || pod.deletingUntil !== undefined || pod.phase === 'Succeeded') return undefined;
    const { app, status, granted } = kept;
    if (app.coveredTwice) return { kind: 'several-budgets', message: 'This pod has more than one PodDisruptionBudget' };
    const needed = neededOf(app);
    const isMet = needed > 0 && status.currentHealthy >= needed;
    if (!pod.ready && (app.alwaysAllowsUnhealthy || isMet)) return undefined;
    if (status.disruptionsAllowed <= 0)
      return { kind: 'over-budget', message: `Cannot evict pod: ${appName} needs ${needed}` };
    kept.status = { ...status, disruptionsAllowed: status.disruptionsAllowed - 1 };
    granted.add(pod.name);
    return undefined;
  }

  /** As the API shows them. */
  objects(): DisruptionBudget[] {
    return [...this.#kept].flatMap(([name, { app, status, granted }]) => {
      const budget: DisruptionBudget = {
        namespace: 'shop',
        name,
        selector: { matchLabels: { app: name } },
        ...status,
        desiredHealthy: neededOf(app),
        expectedPods: app.here + app.elsewhere,
        disruptedPods: [...granted],
        alwaysAllowsUnhealthy: app.alwaysAllowsUnhealthy,
      };
      return app.coveredTwice ? [budget, { ...budget, name: `${name}-too` }] : [budget];
    });
  }

  /** Writes the status of each budget anew. */
  lookAtAll(): void {
    let isNews = false;
    for (const [name, kept] of this.#kept) {
      const { currentHealthy, disruptionsAllowed } = kept.status;
      kept.status = this.#look(name, kept.app);
      isNews ||= kept.status.currentHealthy !== currentHealthy || kept.status.disruptionsAllowed !== disruptionsAllowed;
    }
    if (isNews) this.#changed();
  }

  #look(name: string, app: App): Status {
    const currentHealthy = this.#healthy(name);
    return { currentHealthy, disruptionsAllowed: Math.max(0, currentHealthy - neededOf(app)) };
  }
}

/** How many of its pods a budget wants to stay. */
function neededOf({ here, elsewhere, spare = Infinity }: App): number {
  return Math.max(0, here + elsewhere - spare);
}
