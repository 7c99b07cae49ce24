/**
 * The library: rotations and retirements in a process of one's own, with one's own clients of AWS and KubeConfig, as
 * `import { rotateCluster, retireNode } from 'ebb'`.
 */
export { rotateCluster, type RotationInput, type RotationMeans, type RotationResult } from './rotate-cluster.ts';
export { retireNode, type NodeInput, type RetirementResult } from './retire-node.ts';
export { CannotBegin, type RunMeans } from './begin-run.ts';
export type { AwsAccess, AwsClients } from './aws-clients.ts';
export type { UserKubeconfig } from '../../adapters/kubernetes/kubeconfig/user-kubeconfig.ts';
export type { DomainEvent } from '../../core/events/domain-event.ts';
export type { RotationProgress, GroupProgress } from '../../core/rotation/rotation-progress.ts';
export { ClusterAway, ClusterRefused } from '../../core/kubernetes/cluster-error.ts';
