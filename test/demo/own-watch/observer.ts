/** Looking on through the proxy: the user's cluster as it is, and no request of it counts as the drainer's. */
import { tokenAccess } from '../../../lambdas/adapters/eks/access.ts';
import { connect, type KubernetesConnection } from '../../../lambdas/adapters/kubernetes/api/connection.ts';
import type { OwnClusterProxy } from '../../peers/own-cluster/proxy.ts';

export function observe({ url, ca, observerToken }: OwnClusterProxy): KubernetesConnection {
  const token = (): Promise<string> => Promise.resolve(observerToken);
  return connect(tokenAccess({ server: url, ca }, { current: token, renew: token }));
}
