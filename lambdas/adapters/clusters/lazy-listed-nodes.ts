/** Clusters whose clients are loaded with the first notice: AWS is asked meanwhile. */
import type { ListedNodes } from '../../workflow/notice/isolate-ahead.ts';

export function lazyListedNodes(): ListedNodes {
  let loaded: Promise<ListedNodes> | undefined;
  const open = async (): Promise<ListedNodes> => {
    const [{ listedNodes }, { clusters }, { EKSClient }, { createClient }] = await Promise.all([
      import('./listed-nodes.ts'),
      import('./clusters.ts'),
      import('@aws-sdk/client-eks'),
      import('../aws/clients.ts'),
    ]);
    return listedNodes(clusters({ eks: createClient(EKSClient) }));
  };
  const load = (): Promise<ListedNodes> => (loaded ??= open());
  return {
    ofInstance: async (cluster, instance) => (await load()).ofInstance(cluster, instance),
    open: async (cluster) => (await load()).open(cluster),
  };
}
