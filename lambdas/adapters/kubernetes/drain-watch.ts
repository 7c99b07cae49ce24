/** Watches all that a drain decides by: the node's pods, all budgets, and the controllers that it asks for. */
import type { DisruptionBudget } from '../../core/kubernetes/disruption-budget.ts';
import type { Pod } from '../../core/kubernetes/pod.ts';
import type { DrainWatch, WatchListener } from '../../workflow/ports/kubernetes.ts';
import { toBudget } from './budgets.ts';
import type { KubernetesConnection } from './api/connection.ts';
import { FollowedControllers } from './followed-controllers.ts';
import { toPod } from './pods.ts';
import { watch } from './api/watch.ts';

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
  const controllers = new FollowedControllers(connection, listener);
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

/** Returns both, or throws the first failure and closes the other. */
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
