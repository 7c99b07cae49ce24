/** EKS clusters by name, each with one connection pool. */
import type { EKSClient } from '@aws-sdk/client-eks';
import type { Cluster, Fleets, FleetView } from '../../workflow/ports/kubernetes.ts';
import { clusterAddress, eksTokens } from './access.ts';
import { kubernetesCluster } from '../kubernetes/cluster.ts';
import { connect } from '../kubernetes/api/connection.ts';

/** Opens clusters. Connections outlive an invocation, as the sandbox does: the next pass reuses the pool. */
export function eksClusters(eks: EKSClient): Fleets {
  const opened = new Map<string, Promise<Cluster & FleetView>>();
  const open = async (name: string): Promise<Cluster & FleetView> => {
    const address = await clusterAddress(eks, name);
    return kubernetesCluster(connect(address, eksTokens(eks, name), () => opened.delete(name)));
  };
  return {
    open(name) {
      const known = opened.get(name);
      if (known !== undefined) return known;
      const opening = open(name);
      // A failure is not kept: the next pass tries again.
      opening.catch(() => opened.delete(name));
      opened.set(name, opening);
      return opening;
    },
  };
}
