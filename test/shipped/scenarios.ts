/** Random retirements over the wire: what stands on the node, what fails meanwhile, and where the sandbox is killed. */
import fc from 'fast-check';
import type { Installation } from '../installation.ts';
import type { FaultPlan } from '../peers/aws/faults.ts';
import type { Faults, Match } from '../peers/kubernetes/api/faults.ts';
import { nodes } from '../peers/kubernetes/storage/resources.ts';
import type { World } from '../peers/kubernetes/world/world.ts';
import { onRequestOf } from './retirement.ts';

/** Groups as the configuration has them: one whose retirements never suspend, and one whose do. Both force. */
export const GROUPS = {
  quick: { name: 'quick', heartbeatTimeoutSeconds: 60, drainTimeoutSeconds: 180 },
  usual: { name: 'usual', heartbeatTimeoutSeconds: 60, drainTimeoutSeconds: 400 },
} as const;

export interface ShippedScenario {
  readonly group: keyof typeof GROUPS;
  readonly workloads: readonly Workload[];
  /** Somebody else's label and taint are on the node. */
  readonly marked: boolean;
  readonly faults: readonly WireFault[];
  /** At which checkpoints the sandbox is killed, each counted from the one before. */
  readonly checkpointKills: readonly { readonly gap: number; readonly when: 'before' | 'after' }[];
  /** At the how manieth request it is killed too; 0: at none. */
  readonly requestKill: { readonly count: number; readonly fate: 'pass' | 'lose' };
}

interface Workload {
  readonly kind: 'Deployment' | 'StatefulSet' | 'bare';
  readonly replicas: number;
  /** How many may be away, by its budget; -1: it has none. */
  readonly spare: number;
  readonly graceSeconds: number;
  readonly shutdownSeconds: number;
  readonly startSeconds: number;
  readonly isProtected: boolean;
}

interface WireFault {
  readonly kind: keyof typeof CLUSTER_FAULTS | keyof typeof AWS_FAULTS;
  /** How many requests it hits at most. */
  readonly times: number;
}

const EVICTION = { resource: 'pods/eviction' };

const CLUSTER_FAULTS = {
  'evictions are reset': (faults, hits) => faults.reset({ ...EVICTION, ...hits }),
  'answers to evictions are lost': (faults, hits) => faults.loseAnswer({ ...EVICTION, ...hits }),
  'evictions are denied': (faults, hits) => faults.denyEviction(hits, 'policy.example.com', 'not now'),
  'the cluster throttles': (faults, hits) => faults.tooManyRequests(hits),
  'the cluster is unavailable': (faults, hits) => faults.answer(hits, 503, 'rolling'),
  'the cluster is slow': (faults, hits) => faults.delay(hits, 250),
  'watches are cut': (faults, hits) => faults.cutWatch(hits, 1),
  'watches expire': (faults, hits) => faults.expireWatch(hits),
} as const satisfies Record<string, (faults: Faults, hits: Pick<Match, 'times'>) => unknown>;

const AWS_FAULTS = {
  'Auto Scaling throttles': { kind: 'throttle', service: 'autoscaling' },
  'Auto Scaling fails': { kind: 'error', service: 'autoscaling' },
  'EC2 is cut off': { kind: 'reset', service: 'ec2' },
  'answers to heartbeats are lost': {
    kind: 'lost-answer',
    service: 'autoscaling',
    action: 'RecordLifecycleActionHeartbeat',
  },
  'answers to completions are lost': {
    kind: 'lost-answer',
    service: 'autoscaling',
    action: 'CompleteLifecycleAction',
  },
} as const satisfies Record<string, FaultPlan>;

const workload: fc.Arbitrary<Workload> = fc.record({
  kind: fc.constantFrom<Workload['kind'][]>('Deployment', 'Deployment', 'StatefulSet', 'bare'),
  replicas: fc.integer({ min: 1, max: 4 }),
  spare: fc.constantFrom(-1, -1, -1, -1, 1, 1, 1, 2, 2, 0),
  graceSeconds: fc.constantFrom(30, 30, 5, 120),
  shutdownSeconds: fc.constantFrom(0, 1, 20),
  startSeconds: fc.constantFrom(0, 1, 15),
  isProtected: fc.constantFrom(...Array<boolean>(14).fill(false), true),
});

const faultKinds = [...Object.keys(CLUSTER_FAULTS), ...Object.keys(AWS_FAULTS)] as WireFault['kind'][];

export const shippedScenarios: fc.Arbitrary<ShippedScenario> = fc.record({
  group: fc.constantFrom('quick', 'usual'),
  workloads: fc.array(workload, { minLength: 1, maxLength: 3 }),
  marked: fc.boolean(),
  faults: fc.array(fc.record({ kind: fc.constantFrom(...faultKinds), times: fc.integer({ min: 1, max: 4 }) }), {
    maxLength: 3,
  }),
  checkpointKills: fc.array(
    fc.record({
      gap: fc.integer({ min: 1, max: 4 }),
      when: fc.constantFrom<('before' | 'after')[]>('before', 'after'),
    }),
    { maxLength: 2 },
  ),
  requestKill: fc.record({
    count: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 20 })),
    fate: fc.constantFrom<('pass' | 'lose')[]>('pass', 'lose'),
  }),
});

/** Puts the scenario's pods on the node, in a namespace of their own. */
export function furnish(
  { world, store }: Pick<Installation['kubernetes'], 'world' | 'store'>,
  node: string,
  { scenario, namespace }: { scenario: ShippedScenario; namespace: string },
): void {
  for (const [index, plan] of scenario.workloads.entries()) addWorkload(world, plan, { node, namespace, index });
  if (!scenario.marked) return;
  store.change(nodes, { name: node }, ({ metadata, spec }) => {
    metadata.labels = { ...metadata.labels, team: 'shop' };
    spec.taints = [...(spec.taints ?? []), { key: 'dedicated', value: 'batch', effect: 'PreferNoSchedule' }];
  });
}

function addWorkload(
  world: World,
  { kind, replicas, spare, isProtected, ...pace }: Workload,
  { node, namespace, index }: { node: string; namespace: string; index: number },
): void {
  const name = `app-${index}`;
  const plan = { namespace, name, ...pace, ...(isProtected && { annotations: { 'ebb/evict': 'never' } }) };
  if (kind === 'Deployment') world.addDeployment({ ...plan, replicas, nodes: [node] });
  if (kind === 'StatefulSet') world.addStatefulSet({ ...plan, replicas, nodes: [node], parallel: true });
  if (kind === 'bare') world.addBarePod({ ...plan, node });
  if (spare >= 0 && kind !== 'bare') world.addBudget({ namespace, name, for: name, maxUnavailable: spare });
}

/** Orders the scenario's faults and kills. @returns what takes back those of AWS that have not come to pass */
export function disturb(installation: Installation, instance: string, scenario: ShippedScenario): () => void {
  const { aws, kubernetes } = installation;
  const retirement = installation.functionNamed('NodeRetirement');
  const healing = scenario.faults.map(({ kind, times }) => {
    if (kind in AWS_FAULTS) return aws.faults.inject({ ...AWS_FAULTS[kind as keyof typeof AWS_FAULTS], times });
    CLUSTER_FAULTS[kind as keyof typeof CLUSTER_FAULTS](kubernetes.faults, { times });
    return () => undefined;
  });
  let checkpoint = 0;
  for (const { gap, when } of scenario.checkpointKills) {
    checkpoint += gap;
    aws.lambda.killAtCheckpoint({ function: retirement, checkpoint, when });
  }
  const { count, fate } = scenario.requestKill;
  let requests = 0;
  onRequestOf(installation, instance, () => {
    requests += 1;
    if (requests !== count) return 'pass';
    aws.lambda.kill(retirement);
    return fate;
  });
  return () => {
    for (const heal of healing) heal();
  };
}
