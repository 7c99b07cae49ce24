import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { judge, type DrainPolicy, type Verdict } from '../../../lambdas/core/drain/verdict.ts';
import { anOwner, aPod, aPolicy, NOON, SECOND, TAINT_KEY } from '../../given.ts';

interface Row {
  readonly pod: Partial<Pod>;
  readonly policy?: Partial<DrainPolicy>;
  readonly verdict: string;
}

const MIRROR = { 'kubernetes.io/config.mirror': 'abc' };
const PROTECTED = { 'ebb/evict': 'never' };
const JOBS = { matchLabels: { app: 'batch' } };
const HELD = { deletingUntil: NOON - SECOND, containersTerminated: true };

/** What each rule of contract 4.1 says of a pod that it, and none before it, is about. */
const RULES: Readonly<Record<string, Row>> = {
  'an ordinary pod of a controller is evicted': { pod: {}, verdict: 'evict: managed' },
  'a Succeeded pod is already gone': { pod: { phase: 'Succeeded', ready: false }, verdict: 'spare: finished' },
  'a Failed pod is already gone': { pod: { phase: 'Failed', ready: false }, verdict: 'spare: finished' },
  'a pod that is being deleted is waited for': {
    pod: { deletingUntil: NOON + 5 * SECOND },
    verdict: 'wait: being deleted',
  },
  'past its grace with a container running it is waited for': {
    pod: { deletingUntil: NOON - SECOND },
    verdict: 'wait: being deleted',
  },
  'within its grace it is waited for although every container has terminated': {
    pod: { deletingUntil: NOON + 1, containersTerminated: true },
    verdict: 'wait: being deleted',
  },
  'at the end of its grace with every container terminated only a finalizer holds it (contract 4.7)': {
    pod: { deletingUntil: NOON, containersTerminated: true },
    verdict: 'spare: held by a finalizer',
  },
  'containers that have terminated do not make a pod gone that nobody deletes': {
    pod: { containersTerminated: true },
    verdict: 'evict: managed',
  },
  'a mirror pod is spared': {
    pod: { annotations: MIRROR, owner: anOwner({ kind: 'Node' }) },
    verdict: 'spare: mirror pod',
  },
  'a mirror pod is told by the presence of its annotation, whatever it says': {
    pod: { annotations: { 'kubernetes.io/config.mirror': '' } },
    verdict: 'spare: mirror pod',
  },
  'a pod of another group’s DaemonSet is evicted': {
    pod: { owner: anOwner({ kind: 'DaemonSet', apiVersion: 'apps.kruise.io/v1alpha1' }) },
    verdict: 'evict: managed',
  },
  'a DaemonSet pod is spared': { pod: { owner: anOwner({ kind: 'DaemonSet' }) }, verdict: 'spare: DaemonSet pod' },
  'a pod that tolerates our taint by its key is spared': {
    pod: { tolerations: [{ key: TAINT_KEY, operator: 'Exists' }] },
    verdict: 'spare: tolerates our taint',
  },
  'a pod that tolerates everything without a key is evicted': {
    pod: { tolerations: [{ operator: 'Exists' }] },
    verdict: 'evict: managed',
  },
  'a pod that tolerates another taint is evicted': {
    pod: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] },
    verdict: 'evict: managed',
  },
  'the key of our taint is the configured one': {
    pod: { tolerations: [{ key: 'acme/leaving' }] },
    policy: { taintKey: 'acme/leaving' },
    verdict: 'spare: tolerates our taint',
  },
  'ebb/evict=never protects': { pod: { annotations: PROTECTED }, verdict: 'blocked: protected by annotation' },
  'karpenter.sh/do-not-disrupt=true protects': {
    pod: { annotations: { 'karpenter.sh/do-not-disrupt': 'true' } },
    verdict: 'blocked: protected by annotation',
  },
  'cluster-autoscaler safe-to-evict=false protects': {
    pod: { annotations: { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false' } },
    verdict: 'blocked: protected by annotation',
  },
  'protecting annotations with their other values do not protect': {
    pod: {
      annotations: {
        'ebb/evict': 'always',
        'karpenter.sh/do-not-disrupt': 'false',
        'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true',
      },
    },
    verdict: 'evict: managed',
  },
  'emptyDir is evicted by default': { pod: { hasEmptyDir: true }, verdict: 'evict: managed' },
  'emptyDir is blocked when the policy says so': {
    pod: { hasEmptyDir: true },
    policy: { blockEmptyDir: true },
    verdict: 'blocked: emptyDir',
  },
  'the emptyDir option blocks no other pod': {
    pod: { claims: ['data'] },
    policy: { blockEmptyDir: true },
    verdict: 'evict: managed',
  },
  'no controller: evicted, and told, when the instance is going anyway': {
    pod: { owner: undefined },
    verdict: 'evict: no controller',
  },
  'no controller: blocked when the drain is voluntary': {
    pod: { owner: undefined },
    policy: { blockUncontrolled: true },
    verdict: 'blocked: no controller',
  },
  'nova-compute stays while guests do (contract 11.4)': {
    pod: { labels: { application: 'nova', component: 'compute' } },
    policy: { keepsCompute: true },
    verdict: 'spare: its guests stay',
  },
  'nova-compute goes once its guests have left': {
    pod: { labels: { application: 'nova', component: 'compute' } },
    verdict: 'evict: managed',
  },
  'another pod of nova goes although guests stay': {
    pod: { labels: { application: 'nova', component: 'novncproxy' } },
    policy: { keepsCompute: true },
    verdict: 'evict: managed',
  },
  'a spared namespace keeps its pods': {
    pod: { namespace: 'kube-system' },
    policy: { spareNamespaces: ['monitoring', 'kube-system'] },
    verdict: 'spare: spared namespace',
  },
  'a namespace whose name merely begins alike is not spared': {
    pod: { namespace: 'kube-system-2' },
    policy: { spareNamespaces: ['kube-system'] },
    verdict: 'evict: managed',
  },
  'a pod within the pod selector is drained': {
    pod: {},
    policy: { podSelector: { matchLabels: { app: 'web' } } },
    verdict: 'evict: managed',
  },
  'a pod outside of the pod selector is spared': {
    pod: {},
    policy: { podSelector: JOBS },
    verdict: 'spare: outside the pod selector',
  },
  'a pod selector that cannot be matched locally spares: better too little than a pod nobody meant': {
    pod: {},
    policy: { podSelector: { matchExpressions: [{ key: 'app', operator: 'Like' as 'In', values: ['w*'] }] } },
    verdict: 'spare: outside the pod selector',
  },
  'a pod that is to finish first is waited for': {
    pod: { labels: { app: 'batch' } },
    policy: { finishFirst: JOBS },
    verdict: 'wait: finishing first',
  },
  'a pod that need not finish first is evicted': {
    pod: {},
    policy: { finishFirst: JOBS },
    verdict: 'evict: managed',
  },
  'a pod that was to finish first and has finished is already gone': {
    pod: { labels: { app: 'batch' }, phase: 'Succeeded', ready: false },
    policy: { finishFirst: JOBS },
    verdict: 'spare: finished',
  },
  'a Pending pod is evicted': { pod: { phase: 'Pending', ready: false }, verdict: 'evict: managed' },
  'a pod of unknown phase is evicted': { pod: { phase: 'Unknown', ready: false }, verdict: 'evict: managed' },
};

describe('each rule of contract 4.1', () => {
  test.each(Object.entries(RULES))('%s', (_name, { pod, policy = {}, verdict }) => {
    expect(said(judge(aPod(pod), aPolicy(policy), NOON))).toBe(verdict);
  });
});

/** The rules from first to last, each with what brings a pod under it; options stand where the code documents them. */
const IN_ORDER: readonly { readonly says: string; readonly because: Partial<Pod>; policy?: Partial<DrainPolicy> }[] = [
  { says: 'spare: finished', because: { phase: 'Succeeded' } },
  { says: 'spare: held by a finalizer', because: HELD },
  { says: 'wait: being deleted', because: { deletingUntil: NOON + SECOND } },
  { says: 'spare: mirror pod', because: { annotations: { ...PROTECTED, ...MIRROR } } },
  { says: 'spare: DaemonSet pod', because: { owner: anOwner({ kind: 'DaemonSet' }) } },
  { says: 'spare: tolerates our taint', because: { tolerations: [{ key: TAINT_KEY }] } },
  { says: 'spare: spared namespace', because: {}, policy: { spareNamespaces: ['shop'] } },
  { says: 'spare: outside the pod selector', because: {}, policy: { podSelector: { matchLabels: { app: 'x' } } } },
  { says: 'wait: finishing first', because: {}, policy: { finishFirst: {} } },
  { says: 'blocked: protected by annotation', because: { annotations: PROTECTED } },
  { says: 'blocked: emptyDir', because: { hasEmptyDir: true }, policy: { blockEmptyDir: true } },
  { says: 'blocked: no controller', because: { owner: undefined }, policy: { blockUncontrolled: true } },
];

describe('the order of contract 4.1', () => {
  test.each(IN_ORDER.map(({ says }, index) => [says, index] as const))(
    '"%s" decides over everything that comes after it',
    (says, index) => {
      // Laid on from last to first, so that where two rules want the same field the earlier one has it.
      const under = IN_ORDER.slice(index).reverse();
      const pod = aPod(Object.assign({}, ...under.map(({ because }) => because)) as Partial<Pod>);
      const policy = aPolicy(Object.assign({}, ...under.map((rule) => rule.policy)) as Partial<DrainPolicy>);
      expect(said(judge(pod, policy, NOON))).toBe(says);
    },
  );

  test('a DaemonSet pod that is being deleted is waited for, as any other (contract 4.1)', () => {
    const pod = aPod({ owner: anOwner({ kind: 'DaemonSet' }), deletingUntil: NOON + SECOND });
    expect(said(judge(pod, aPolicy(), NOON))).toBe('wait: being deleted');
  });
});

describe('time', () => {
  test('only a pod that a finalizer holds is judged by the time', () => {
    const pods = fc.constantFrom(...Object.values(RULES).filter(({ pod }) => pod.deletingUntil === undefined));
    fc.assert(
      fc.property(pods, fc.nat(), ({ pod, policy = {} }, later) => {
        expect(judge(aPod(pod), aPolicy(policy), NOON + later)).toEqual(judge(aPod(pod), aPolicy(policy), NOON));
      }),
    );
  });
});

function said({ action, reason }: Verdict): string {
  return `${action}: ${reason}`;
}
