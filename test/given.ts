/**
 * Builders of the objects that the core decides by: an ordinary one of each, and one argument for what matters to the
 * test. Ordinary is a Ready pod of a ReplicaSet in namespace `shop` on a node with an hour to the deadline.
 */
import type { DisruptionBudget } from '../lambdas/core/kubernetes/disruption-budget.ts';
import type { Group, GroupMember } from '../lambdas/core/aws/group.ts';
import type { DrainTerms } from '../lambdas/core/drain/pacing.ts';
import type { Workload } from '../lambdas/core/drain/implied-budget.ts';
import { RETIREMENT_ANNOTATION } from '../lambdas/core/node/marks.ts';
import { type Ownership } from '../lambdas/core/node/isolation.ts';
import type { Node } from '../lambdas/core/kubernetes/node.ts';
import type { LifecycleNotice } from '../lambdas/core/notice/notice.ts';
import type { Owner, Pod } from '../lambdas/core/kubernetes/pod.ts';
import type { TargetPool } from '../lambdas/core/traffic/target-pool.ts';
import type { DrainPolicy } from '../lambdas/core/drain/verdict.ts';
import type { BudgetPorts } from '../lambdas/workflow/disruption/ask-budgets.ts';
import type { ReplacementPorts } from '../lambdas/workflow/rotation/replacement-ports.ts';
import type { ZonalShifts } from '../lambdas/workflow/ports/arc.ts';
import type { LoadBalancing } from '../lambdas/workflow/ports/load-balancing.ts';

/** When everything starts, epoch milliseconds. */
export const NOON = Date.parse('2026-01-05T12:00:00Z');

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The taint key that isolates by default (contract 3.1). */
export const TAINT_KEY = 'status-taint.cluster-autoscaler.kubernetes.io/ebb-retiring';

/** The uid follows from the name, so that two pods differ by naming them. */
export function aPod(given: Partial<Pod> = {}): Pod {
  const name = given.name ?? 'web-1';
  return {
    namespace: 'shop',
    name,
    uid: `uid of ${name}`,
    createdAt: NOON - HOUR,
    phase: 'Running',
    ready: true,
    labels: { app: 'web' },
    annotations: {},
    owner: anOwner(),
    containersTerminated: false,
    containersLeft: ['main running'],
    graceSeconds: 30,
    priority: 0,
    tolerations: [],
    hasEmptyDir: false,
    claims: [],
    ...given,
  };
}

/** Of kinds that are not in `apps/v1`. */
const API_VERSIONS: ReadonlyMap<string, string> = new Map([
  ['ReplicationController', 'v1'],
  ['Job', 'batch/v1'],
  ['Node', 'v1'],
  ['Rollout', 'argoproj.io/v1alpha1'],
]);

export function anOwner(given: Partial<Owner> = {}): Owner {
  const { kind = 'ReplicaSet', name = 'web' } = given;
  return {
    kind,
    apiVersion: API_VERSIONS.get(kind) ?? 'apps/v1',
    namespace: 'shop',
    name,
    uid: `uid of ${kind} ${name}`,
    ...given,
  };
}

/** Two of three pods must stay: one may go. It covers `aPod()`. */
export function aBudget(given: Partial<DisruptionBudget> = {}): DisruptionBudget {
  return {
    namespace: 'shop',
    name: 'web',
    selector: { matchLabels: { app: 'web' } },
    disruptionsAllowed: 1,
    currentHealthy: 3,
    desiredHealthy: 2,
    expectedPods: 3,
    disruptedPods: [],
    alwaysAllowsUnhealthy: false,
    ...given,
  };
}

/** Four replicas, all Ready, `web-1` to `web-4`: the controller of `aPod()`. */
export function aWorkload(given: Partial<Workload> = {}): Workload {
  return {
    owner: anOwner(),
    replicas: 4,
    readyPods: uidsOf('web-1', 'web-2', 'web-3', 'web-4'),
    unreadyPods: [],
    ...given,
  };
}

/** The uids that `aPod` gives to pods of these names. */
export function uidsOf(...names: readonly string[]): ReadonlySet<string> {
  return new Set(names.map((name) => `uid of ${name}`));
}

export function aNode(given: Partial<Node> = {}): Node {
  return {
    name: 'ip-10-0-1-2.ec2.internal',
    uid: 'uid of the node',
    providerId: 'aws:///eu-central-1a/i-0123456789abcdef0',
    resourceVersion: '41',
    unschedulable: false,
    taints: [],
    labels: { 'kubernetes.io/os': 'linux' },
    annotations: {},
    createdAt: NOON - HOUR,
    ...given,
  };
}

/** Annotations that sign a node for a retirement: of `aNode()` by `aNotice()`'s, from noon, with an hour to its deadline. */
export function aSigned(given: Partial<Ownership> = {}): Record<string, string> {
  const ownership: Ownership = {
    execution: `123456789012-eu-central-1-i-0123456789abcdef0-0a1b2c3d`,
    kind: 'asg-terminate',
    group: 'workers',
    since: new Date(NOON).toISOString(),
    deadline: new Date(NOON + HOUR).toISOString(),
    cordonedByUs: true,
    labelledByUs: true,
    ...given,
  };
  return { [RETIREMENT_ANNOTATION]: JSON.stringify(ownership) };
}

export function aNotice(given: Partial<LifecycleNotice> = {}): LifecycleNotice {
  return {
    kind: 'asg-terminate',
    account: '123456789012',
    region: 'eu-central-1',
    instance: 'i-0123456789abcdef0',
    group: 'workers',
    hook: 'ebb-drain',
    token: '87654321-4321-4321-4321-210987654321',
    origin: 'AutoScalingGroup',
    at: NOON,
    ...given,
  };
}

/** Group `workers` wants as many instances as it has, none unless given, and launches the latest of its template. */
export function aGroup(given: Partial<Group> = {}): Group {
  return {
    name: 'workers',
    desired: given.members?.length ?? 0,
    tags: {},
    suspended: [],
    launch: {
      base: { kind: 'template', id: TEMPLATE, version: '$Latest' },
      overrides: [],
      byRequirements: false,
    },
    members: [],
    ...given,
  };
}

/** The launch template of `aGroup()`. */
export const TEMPLATE = 'lt-0123456789abcdef0';

/** In service in `workers`, launched from version 1 of its template. */
export function aMember(given: Partial<GroupMember> = {}): GroupMember {
  return {
    instance: 'i-0123456789abcdef0',
    group: 'workers',
    state: 'InService',
    zone: 'eu-central-1a',
    type: 'm6i.large',
    launchedFrom: { kind: 'template', id: TEMPLATE, version: '1' },
    ...given,
  };
}

/** The defaults of the contract: everything is evicted that may be, nothing is optional. */
export function aPolicy(given: Partial<DrainPolicy> = {}): DrainPolicy {
  return { taintKey: TAINT_KEY, blockEmptyDir: false, blockUncontrolled: false, spareNamespaces: [], ...given };
}

export type Terms = DrainTerms & { readonly now: number };

/** One hour from noon, the instance is going (so the deadline forces), and it is noon. */
export function terms(given: Partial<Terms> = {}): Terms {
  return {
    policy: aPolicy(),
    impliedBudget: 0.25,
    maxInFlight: 50,
    pauseMs: 0,
    startedAt: NOON,
    deadline: NOON + HOUR,
    forces: true,
    now: NOON,
    ...given,
  };
}

/** A target group of instances whose targets drain for five minutes. */
export function aPool(fields: Partial<TargetPool> = {}): TargetPool {
  const name = fields.name ?? 'web';
  const id = `arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/${name}/0123456789abcdef`;
  return { kind: 'target group', id, name, by: 'instance', drainSeconds: 300, controlled: false, ...fields };
}

/** Of a node that nobody takes from its retirement. */
export const UNDISPUTED = { seenAt: Infinity, isOurs: () => Promise.resolve(true) };

/** An account without load balancers. */
export const NO_LOAD_BALANCERS: LoadBalancing = {
  poolsNamed: () => Promise.resolve(0),
  pools: () => Promise.resolve([]),
  targets: () => Promise.resolve([]),
  deregister: () => Promise.resolve(),
  serving: () => Promise.resolve([]),
  isTaggedFor: () => Promise.resolve(false),
  register: () => Promise.resolve(),
};

/** An account of which ARC manages nothing. */
export const NO_ZONAL_SHIFTS: ZonalShifts = { read: () => Promise.resolve({ kind: 'read', resources: [] }) };

/** No retirement of this test replaces an instance before it goes. */
export const NOTHING_REPLACED = new Proxy({} as ReplacementPorts, {
  get: (_target, port) => {
    throw new Error(`nothing is replaced here, and ${String(port)} was asked for`);
  },
});

/** No retirement of this test is recommended, so that no budget is asked. */
export const NO_BUDGETS_ASKED: BudgetPorts['budgets'] = new Proxy({} as BudgetPorts['budgets'], {
  get: (_target, port) => {
    throw new Error(`no budget is asked here, and ${String(port)} was`);
  },
});
