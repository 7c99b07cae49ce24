/** Clusters, each reached as its settings say: by its name in EKS, or by a kubeconfig (contract 15.1). */
import type { EKSClient } from '@aws-sdk/client-eks';
import type { Cluster, Fleets, FleetView, ReachedCluster } from '../../workflow/ports/kubernetes.ts';
import { readSecretLazily } from '../secrets/lazy-secrets.ts';
import { openEksCluster } from '../eks/eks-cluster.ts';
import type { ReadSecret } from '../secrets/secret-failure.ts';

interface Sources {
  readonly eks: EKSClient;
  /** @default Secrets Manager, in the region and with the credentials of the environment */
  readonly readSecret?: ReadSecret;
}

/** Opens clusters. Connections outlive an invocation, as the sandbox does: the next pass reuses the pool. */
export function clusters(sources: Sources): Fleets {
  const opened = new Map<string, Promise<Cluster & FleetView>>();
  return {
    open({ name, access }) {
      // Settings may change meanwhile: other access is another connection.
      const key = JSON.stringify([name, access]);
      const known = opened.get(key);
      if (known !== undefined) return known;
      const forget = (): boolean => opened.delete(key);
      const opening = open({ name, access }, sources, forget);
      // A failure is not kept: the next pass tries again.
      opening.catch(forget);
      opened.set(key, opening);
      return opening;
    },
  };
}

/** @param forget called when the cluster must be opened anew */
async function open(
  { name, access }: ReachedCluster,
  { eks, readSecret = readSecretLazily }: Sources,
  forget: () => void,
): Promise<Cluster & FleetView> {
  if (access === undefined) return openEksCluster(eks, name, forget);
  // Loaded now only: installations on EKS alone never need it.
  const { openKubeconfigCluster } = await import('../kubernetes/kubeconfig/kubeconfig-cluster.ts');
  return openKubeconfigCluster(access, readSecret);
}
