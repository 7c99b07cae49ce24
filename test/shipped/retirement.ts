/**
 * Retirements by the shipped bundles on embedded peers, one after another on one installation: each of a fresh node, told
 * at its end by what the peers saw.
 */
import { vi } from 'vitest';
import { driveUntil } from '../driving/timelapse.ts';
import type { Installation } from '../installation.ts';
import type { Execution } from '../peers/aws/lambda/durable/execution.ts';
import type { KubernetesPeer } from '../peers/kubernetes/peer.ts';
import { resourceText } from '../peers/kubernetes/api/request-info.ts';
import type { PodLife } from '../peers/kubernetes/world/timeline.ts';

export interface RetirementPlan {
  readonly group: string;
  /** Puts pods on the node, and what else there is in the cluster; all of them must be able to become Ready. */
  readonly furnish: (kubernetes: KubernetesPeer, node: string) => void;
  /** Once the cluster is as it is wanted, right before the instance is let go. */
  readonly disturb?: (instance: string) => void;
}

/** What the peers saw of one retirement; times in driven epoch milliseconds. */
export interface Seen {
  readonly instance: string;
  readonly node: string;
  /** What Auto Scaling says of the instance in the end. */
  readonly state: string;
  /** When the instance was let go. */
  readonly begunAt: number;
  readonly executions: readonly Execution[];
  readonly kills: number;
  /** How its hook ended, each time that it did. */
  readonly completions: readonly { readonly how: string; readonly at: number }[];
  readonly lateHeartbeats: number;
  readonly cordonedAt: number;
  /** Pods that somebody told to go, on whichever node. */
  readonly sentAway: readonly PodLife[];
  /** Names of pods that were on the node when its hook ended, but for those of DaemonSets. */
  readonly leftBehind: readonly string[];
  readonly violations: readonly { readonly at: number; readonly workload: string }[];
  /** The node's labels and taints as its instance was released, but for those that say where it is. */
  readonly marks: readonly string[];
}

/** @throws Error when the retirement does not end within 72 driven hours */
export async function seeRetirement(installation: Installation, plan: RetirementPlan): Promise<Seen> {
  const { aws, kubernetes, clock } = installation;
  const instance = installation.addNode(plan.group);
  const node = installation.nodeOf(instance);
  plan.furnish(kubernetes, node);
  await kubernetes.settle();
  kubernetes.availability.watch();
  const begunAt = clock.now();
  let cordonedAt = NaN;
  const unlisten = kubernetes.on((fact) => {
    if (fact.kind === 'nodeCordoned' && fact.node === node) cordonedAt = fact.at;
  });
  plan.disturb?.(instance);
  letGo(installation, instance);
  const executions = () => aws.lambda.executions.filter(({ name }) => name.includes(instance));
  await driveUntil(installation, () => {
    return executions().length > 0 && executions().every(({ status }) => status !== 'RUNNING');
  });
  unlisten();
  const seen = look(installation, { instance, node, begunAt, cordonedAt });
  kubernetes.world.deleteNode(node);
  return { ...seen, executions: executions() };
}

function letGo({ aws }: Installation, instance: string): void {
  const member = aws.autoScaling.findMember(instance);
  if (member === undefined) throw new Error(`${instance} is in no group`);
  aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
}

function look(
  { aws, kubernetes }: Installation,
  at: Pick<Seen, 'instance' | 'node' | 'begunAt' | 'cordonedAt'>,
): Omit<Seen, 'executions'> {
  const { instance, node, begunAt } = at;
  const history = aws.autoScaling.history(instance);
  const completions = history.flatMap((entry) =>
    entry.kind === 'completion' ? [{ how: `${entry.result} by ${entry.by}`, at: entry.at }] : [],
  );
  const releasedAt = completions[0]?.at ?? Infinity;
  const { lives } = kubernetes.timeline;
  const leftBehind = lives.filter(
    ({ workload = '', node: place, gone = Infinity }) =>
      place === node && gone > releasedAt && !workload.startsWith('DaemonSet/'),
  );
  const runs = aws.lambda.executions.filter(({ name }) => name.includes(instance));
  return {
    ...at,
    state: aws.autoScaling.state(instance) ?? 'unknown',
    kills: runs.reduce((sum, { name }) => sum + aws.lambda.durable.usage(name).kills, 0),
    completions,
    lateHeartbeats: history.filter((entry) => entry.kind === 'heartbeat' && entry.at >= entry.before).length,
    sentAway: lives.filter(({ terminating = -Infinity }) => terminating >= begunAt),
    leftBehind: leftBehind.map(({ pod }) => pod),
    violations: kubernetes.availability.report().violations,
    marks: marksOf(kubernetes.node(node)),
  };
}

/**
 * Calls `act` whenever the retirement of that instance asks AWS (`autoscaling CompleteLifecycleAction`) or the cluster
 * (`create pods/eviction`) for something, right before that is handled; `lose`: it is not. Until `vi.restoreAllMocks()`.
 */
export function onRequestOf(
  { aws, kubernetes }: Installation,
  instance: string,
  act: (request: string) => 'pass' | 'lose',
): void {
  const isLost = (request: string): boolean =>
    aws.lambda.executions.some(({ name }) => name.includes(instance)) && act(request) === 'lose';
  const takeOfCluster = kubernetes.faults.take.bind(kubernetes.faults);
  vi.spyOn(kubernetes.faults, 'take').mockImplementation((request, user) => {
    if (isLost(`${request.verb} ${resourceText(request)}`)) return { kind: 'reset' };
    return takeOfCluster(request, user);
  });
  const takeOfAws = aws.faults.take.bind(aws.faults);
  vi.spyOn(aws.faults, 'take').mockImplementation((service, action) => {
    if (isLost(`${service} ${action}`)) return { kind: 'reset' };
    return takeOfAws(service, action);
  });
}

function marksOf(node: ReturnType<Installation['kubernetes']['node']>): string[] {
  const { labels = {} } = node?.metadata ?? {};
  const { taints = [], unschedulable = false } = node?.spec ?? {};
  return [
    ...Object.entries(labels).flatMap(([key, value]) => (isOfItsPlace(key) ? [] : [`${key}=${value}`])),
    ...taints.map(({ key, effect }) => `${key}:${effect}`),
    ...(unschedulable ? ['cordoned'] : []),
  ];
}

function isOfItsPlace(label: string): boolean {
  return label.startsWith('kubernetes.io/') || label.startsWith('topology.');
}
