/** Load balancers whose clients are loaded at the first question only: few runs need them. */
import type { LoadBalancing } from '../../workflow/ports/load-balancing.ts';

export function lazyLoadBalancing(): LoadBalancing {
  let loaded: Promise<LoadBalancing> | undefined;
  const open = async (): Promise<LoadBalancing> => {
    const [{ loadBalancing }, { balancingClients }] = await Promise.all([
      import('./elastic-load-balancing.ts'),
      import('./clients.ts'),
    ]);
    return loadBalancing(balancingClients());
  };
  const load = (): Promise<LoadBalancing> => (loaded ??= open());
  return {
    poolsNamed: async (scope) => (await load()).poolsNamed(scope),
    pools: async (scope) => (await load()).pools(scope),
    targets: async (pool, wanted) => (await load()).targets(pool, wanted),
    deregister: async (pool, targets) => (await load()).deregister(pool, targets),
    serving: async (of, balancers) => (await load()).serving(of, balancers),
    isTaggedFor: async (cluster, pool) => (await load()).isTaggedFor(cluster, pool),
    register: async (pool, targets) => (await load()).register(pool, targets),
  };
}
