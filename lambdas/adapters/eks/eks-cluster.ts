/** The port of an EKS cluster, which is found by its name. */
import type { EKSClient } from '@aws-sdk/client-eks';
import type { Cluster, FleetView } from '../../workflow/ports/kubernetes.ts';
import { kubernetesCluster } from '../kubernetes/cluster.ts';
import { connect } from '../kubernetes/api/connection.ts';
import { clusterAddress, eksTokens, tokenAccess } from './access.ts';
import { controlPlaneVersion } from './control-plane-version.ts';

/**
 * @param onUntrusted called when its authority has changed: it must be opened anew
 * @throws ClusterAway, ClusterRefused
 */
export async function openEksCluster(
  eks: EKSClient,
  name: string,
  onUntrusted: () => void,
): Promise<Cluster & FleetView> {
  const address = await clusterAddress(eks, name);
  return {
    ...kubernetesCluster(connect(tokenAccess(address, eksTokens(eks, name), onUntrusted))),
    controlPlaneVersion: () => controlPlaneVersion(eks, name),
  };
}
