/** The port of a cluster that is reached by a kubeconfig. EKS is not asked. */
import type { KubeconfigAccess } from '../../../core/settings/cluster-settings.ts';
import type { Cluster, FleetView } from '../../../workflow/ports/kubernetes.ts';
import { connect } from '../api/connection.ts';
import { kubernetesCluster } from '../cluster.ts';
import type { ReadSecret } from '../../secrets/secret-failure.ts';
import { kubeconfigAccess } from './kubeconfig-access.ts';

/** @throws ClusterRefused when its kubeconfig cannot be used, ClusterAway when its secret cannot be read now */
export async function openKubeconfigCluster(
  settings: KubeconfigAccess,
  readSecret: ReadSecret,
): Promise<Cluster & FleetView> {
  const access = kubeconfigAccess(settings, readSecret);
  await access.current();
  return kubernetesCluster(connect(access));
}
