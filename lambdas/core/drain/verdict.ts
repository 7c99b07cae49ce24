/**
 * The verdict on one pod of a node that is drained: what to do with it, and why (contract 4.1).
 *
 * It depends on the pod, the policy and the time, and on no other pod. Whether budgets allow the eviction now is decided in
 * pacing.ts. When the pod's wave begins is decided in wave.ts.
 */
import { knownKind } from '../kubernetes/controller.ts';
import { isBeingDeleted, isFinished, isHeldByFinalizer, type Pod, type Toleration } from '../kubernetes/pod.ts';
import { matchesSelector } from '../kubernetes/selector.ts';
import type { DrainSettings } from '../settings/cluster-settings.ts';

export type Verdict =
  | { readonly action: 'evict'; readonly reason: EvictReason }
  | { readonly action: 'wait'; readonly reason: WaitReason }
  | { readonly action: 'spare'; readonly reason: SpareReason }
  | { readonly action: 'blocked'; readonly reason: BlockReason };

export type EvictReason = 'managed' | 'no controller';
export type WaitReason = 'being deleted' | 'finishing first';
export type SpareReason =
  | 'finished'
  | 'held by a finalizer'
  | 'mirror pod'
  | 'DaemonSet pod'
  | 'tolerates our taint'
  | 'outside the pod selector'
  | 'spared namespace'
  | 'its guests stay'
  | 'keeps coming back';
export type BlockReason = 'protected by annotation' | 'emptyDir' | 'no controller';

/** A cluster's policy for verdicts. */
export interface DrainPolicy extends Pick<
  DrainSettings,
  'blockEmptyDir' | 'podSelector' | 'spareNamespaces' | 'finishFirst'
> {
  /** Key of the isolation taint. A pod that tolerates it by this key is meant to stay. */
  readonly taintKey: string;
  /** Block pods without a controller, because nothing would make them again. */
  readonly blockUncontrolled: boolean;
  /** Whether nova-compute is left alone: guests stay on the node (contract 11.4). @default false */
  readonly keepsCompute?: boolean;
}

/** Annotation that the kubelet sets on the API's mirror of a static pod. */
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** Annotations that protect a pod from disruption, with the value that does so. */
const PROTECTING_ANNOTATIONS = [
  ['ebb/evict', 'never'],
  ['karpenter.sh/do-not-disrupt', 'true'],
  ['cluster-autoscaler.kubernetes.io/safe-to-evict', 'false'],
] as const;

/** Labels of nova-compute's pods, as OpenStack-Helm gives them. */
const NOVA_COMPUTE = { matchLabels: { application: 'nova', component: 'compute' } };

type Rule = (pod: Pod, policy: DrainPolicy, now: number) => Verdict | undefined;

/** Rules in the order of contract 4.1; the first that returns a verdict decides. */
const RULES: readonly Rule[] = [
  (pod) => (isFinished(pod) ? { action: 'spare', reason: 'finished' } : undefined),
  (pod, _policy, now) => (isHeldByFinalizer(pod, now) ? { action: 'spare', reason: 'held by a finalizer' } : undefined),
  (pod) => (isBeingDeleted(pod) ? { action: 'wait', reason: 'being deleted' } : undefined),
  (pod) => (MIRROR_ANNOTATION in pod.annotations ? { action: 'spare', reason: 'mirror pod' } : undefined),
  ({ owner }) =>
    owner !== undefined && knownKind(owner) === 'DaemonSet' ? { action: 'spare', reason: 'DaemonSet pod' } : undefined,
  (pod, { keepsCompute }) =>
    keepsCompute === true && matchesSelector(NOVA_COMPUTE, pod.labels) === true
      ? { action: 'spare', reason: 'its guests stay' }
      : undefined,
  (pod, { taintKey }) =>
    toleratesKey(pod.tolerations, taintKey) ? { action: 'spare', reason: 'tolerates our taint' } : undefined,
  (pod, { spareNamespaces }) =>
    spareNamespaces.includes(pod.namespace) ? { action: 'spare', reason: 'spared namespace' } : undefined,
  (pod, { podSelector }) =>
    podSelector !== undefined && matchesSelector(podSelector, pod.labels) !== true
      ? { action: 'spare', reason: 'outside the pod selector' }
      : undefined,
  (pod, { finishFirst }) =>
    matchesSelector(finishFirst, pod.labels) === true ? { action: 'wait', reason: 'finishing first' } : undefined,
  (pod) => (isProtected(pod) ? { action: 'blocked', reason: 'protected by annotation' } : undefined),
  (pod, { blockEmptyDir }) =>
    blockEmptyDir && pod.hasEmptyDir ? { action: 'blocked', reason: 'emptyDir' } : undefined,
  (pod, { blockUncontrolled }) =>
    pod.owner === undefined ? { action: blockUncontrolled ? 'blocked' : 'evict', reason: 'no controller' } : undefined,
];

/** Judges one pod. @param now epoch milliseconds, needed to see whether only a finalizer holds the pod */
export function judge(pod: Pod, policy: DrainPolicy, now: number): Verdict {
  for (const rule of RULES) {
    const verdict = rule(pod, policy, now);
    if (verdict !== undefined) return verdict;
  }
  return { action: 'evict', reason: 'managed' };
}

function isProtected(pod: Pod): boolean {
  return PROTECTING_ANNOTATIONS.some(([key, value]) => pod.annotations[key] === value);
}

/** Whether the pod tolerates the key by name. One that tolerates everything (no key) is not meant for leaving nodes. */
function toleratesKey(tolerations: readonly Toleration[], key: string): boolean {
  return tolerations.some((toleration) => toleration.key === key);
}
