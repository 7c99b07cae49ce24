/** EKS's control planes. */
export interface ControlPlanes {
  /** Kubernetes' minor version, `1.33`; undefined when EKS knows no such cluster. */
  version(cluster: string): Promise<string | undefined>;
}
