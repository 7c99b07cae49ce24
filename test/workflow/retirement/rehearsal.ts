/**
 * A rehearsal: the shipped workflows with the shipped adapters in this process, against both peers and on the driven
 * clock. Only two ports are stand-ins: the journal keeps what it is told, and the durable run keeps its steps in memory
 * (the real one is tested on the shipped bundle, through `Installation`).
 */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import { SSMClient } from '@aws-sdk/client-ssm';
import { clusterRoleManifests, fleetGroupOf } from '../../../infra/cluster-role/cluster-role.ts';
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import { zonalShifts } from '../../../lambdas/adapters/arc/zonal-shifts.ts';
import { capacity } from '../../../lambdas/adapters/auto-scaling/capacity.ts';
import { groupChanges } from '../../../lambdas/adapters/auto-scaling/group-changes.ts';
import { groups } from '../../../lambdas/adapters/auto-scaling/groups.ts';
import { lifecycle } from '../../../lambdas/adapters/auto-scaling/lifecycle.ts';
import { detachedInstances } from '../../../lambdas/adapters/ec2/detached-instances.ts';
import { launchedInstances } from '../../../lambdas/adapters/ec2/launched-instances.ts';
import { lazyClouds } from '../../../lambdas/adapters/openstack/lazy-clouds.ts';
import { ec2Instances } from '../../../lambdas/adapters/ec2/ec2-instances.ts';
import { clusters } from '../../../lambdas/adapters/clusters/clusters.ts';
import { parseEvent } from '../../../lambdas/adapters/event-bridge/interruption-events.ts';
import { reservations } from '../../../lambdas/adapters/ec2/reservations.ts';
import { instanceTags } from '../../../lambdas/adapters/aws/resource-tags.ts';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import type { StartedRetirement } from '../../../lambdas/core/retirement/orphaned-hook.ts';
import { executionName, type Notice } from '../../../lambdas/core/notice/notice.ts';
import { clusterSettings } from '../../../lambdas/entry/configuration/read-cluster-settings.ts';
import { clusterParameter, type ConfigurationInput } from '../../../lambdas/entry/configuration/configuration.ts';
import type { Fleets } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { DurableRun, Retirements } from '../../../lambdas/workflow/ports/lambda.ts';
import { retireNode } from '../../../lambdas/workflow/retirement/retire-node.ts';
import type { Retired, RetirementPorts } from '../../../lambdas/workflow/retirement/retirement.ts';
import { routeEvent, type EventPorts } from '../../../lambdas/workflow/notice/route-notice.ts';
import { NO_LOAD_BALANCERS } from '../../given.ts';
import type { AwsEvent } from '../../peers/aws/event-bridge/event.ts';
import type { HistoryEntry } from '../../peers/aws/auto-scaling/history.ts';
import type { Credentials } from '../../peers/aws/iam/credentials.ts';
import type { Goal } from '../../peers/aws/driving.ts';
import { AwsPeer } from '../../peers/aws/peer.ts';
import { DrivenClock } from '../../peers/clock.ts';
import type { Latencies } from '../../peers/kubernetes/world/cluster.ts';
import type { Node } from '../../peers/kubernetes/storage/objects.ts';
import { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { Traffic } from '../../peers/traffic.ts';

const CLUSTER = 'production';
export const GROUP = 'workers';
export const HOOK = 'ebb-drain';

type ClusterInput = ConfigurationInput['clusters'][number];

export interface RehearsalPlan {
  /** Whether time passes by what the test drives alone. @default false: it passes by itself as well */
  readonly stands?: boolean;
  /** Instances of the group, each with its node. @default 3 */
  readonly nodes?: number;
  readonly drain?: ClusterInput['drain'];
  readonly taint?: ClusterInput['taint'];
  readonly tainted?: ClusterInput['tainted'];
  readonly notices?: ClusterInput['notices'];
  readonly budget?: unknown;
  /** Seconds. @default 900 */
  readonly heartbeatTimeout?: number;
  /** What our hook's metadata says. @default the cluster */
  readonly metadata?: string | null;
  readonly groupTags?: Readonly<Record<string, string>>;
  /** Whether the ClusterRole and its binding have been applied. @default true */
  readonly clusterRole?: boolean;
  /** Whether the configuration names the group. @default true */
  readonly enrolled?: boolean;
  readonly latencies?: Partial<Latencies>;
  /** The group keeps an instance whose termination hook is abandoned. */
  readonly retains?: boolean;
  /** The group has a warm pool with one stopped instance. */
  readonly warmPool?: boolean;
}

/** A domain event, and when it was reported in driven epoch milliseconds. */
export type TimedEvent = DomainEvent & { readonly reportedAt: number };
type EventOf<Type extends DomainEvent['type']> = Extract<TimedEvent, { type: Type }>;

export class Rehearsal implements AsyncDisposable {
  readonly clock: DrivenClock;
  readonly aws: AwsPeer;
  readonly kubernetes: KubernetesPeer;
  readonly events: TimedEvent[] = [];
  /** Names of the steps in order. */
  readonly steps: string[] = [];
  /** Retirements that the router started, by name. */
  readonly started = new Map<string, Notice>();
  /** Every retirement that began here, oldest first, as Lambda lists them. */
  readonly begun: StartedRetirement[] = [];
  /** Names of other retirements that run. */
  readonly running = new Set<string>();
  readonly ports: RetirementPorts & EventPorts & { readonly clusters: Fleets };
  /** Names of the retirements that began here and have not ended. */
  readonly #alive = new Set<string>();
  readonly #traffic = new Traffic();
  /** The clusters as sweep and tainter open them: with a role of their own. */
  readonly fleets: Fleets;
  readonly #undo: () => void;

  private constructor(parts: { clock: DrivenClock; aws: AwsPeer; kubernetes: KubernetesPeer; undo: () => void }) {
    this.clock = parts.clock;
    this.aws = parts.aws;
    this.kubernetes = parts.kubernetes;
    this.#undo = parts.undo;
    this.ports = this.#assemble();
    this.fleets = clusters({ eks: new EKSClient(this.aws.clientConfig(this.#credentials('sweep'))) });
  }

  static async start(plan: RehearsalPlan = {}): Promise<Rehearsal> {
    const clock = new DrivenClock({ stands: plan.stands === true });
    const undo = clock.install();
    const aws = await AwsPeer.start({ clock });
    const kubernetes = await KubernetesPeer.start({
      clock,
      authenticate: async (bearer) => {
        const verdict = await aws.sts.verifyEksToken(bearer, CLUSTER);
        return verdict.ok ? verdict.identity : undefined;
      },
      ...(plan.latencies && { latencies: plan.latencies }),
    });
    const rehearsal = new Rehearsal({ clock, aws, kubernetes, undo });
    rehearsal.#furnish(plan);
    return rehearsal;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#undo();
    this.#traffic.stop();
    await this.kubernetes.stop();
    await this.aws.stop();
  }

  /** Instances of the group, in the order of their making. */
  get instances(): string[] {
    return this.aws.autoScaling.instanceIds(GROUP);
  }

  /** The nodes' names, in the same order. */
  get nodes(): string[] {
    return this.instances.map((instance) => this.nodeOf(instance));
  }

  /** The instance that is to go, for most tests. */
  get first(): { readonly instance: string; readonly node: string } {
    const [instance = ''] = this.instances;
    return { instance, node: this.nodeOf(instance) };
  }

  nodeOf(instance: string): string {
    return this.aws.instances.get(instance).privateDnsName ?? '';
  }

  /** An instance of the group, each in the next of three zones, and its node unless told that it never joined. */
  addInstance({ joins = true }: { joins?: boolean } = {}): string {
    const letter = ['a', 'b', 'c'][this.instances.length % 3] ?? 'a';
    const zone = `${this.aws.account.region}${letter}`;
    const instance = this.aws.autoScaling.addInstance(GROUP, { zone });
    const providerID = `aws:///${zone}/${instance}`;
    if (joins) this.kubernetes.world.addNode({ name: this.nodeOf(instance), providerID, zone });
    return instance;
  }

  /** The cluster is as it is wanted; from here on nobody's pods may fall below their budget. */
  async ready(): Promise<void> {
    await this.kubernetes.settle();
    this.kubernetes.availability.watch();
  }

  /** The group lets an instance go. */
  letGo(instance: string): void {
    const member = this.aws.autoScaling.findMember(instance);
    if (member === undefined) throw new Error(`${instance} is in no group`);
    this.aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
  }

  /** The group lets an instance go; answers the event that its hook sends. */
  terminate(instance: string): AwsEvent {
    this.letGo(instance);
    const event = this.aws.eventBridge.events.findLast(({ detail }) => detail.LifecycleHookName === HOOK);
    if (event === undefined) throw new Error('the hook sent no event');
    return event;
  }

  /** What the router makes of an event. */
  noticeOf(event: AwsEvent): Notice {
    const parsed = parseEvent(event);
    if (parsed.kind === 'other') throw new Error(parsed.reason);
    const [notice] = parsed.kind === 'notices' ? parsed.notices : parsed.kind === 'notice' ? [parsed.notice] : [];
    if (notice === undefined) throw new Error('the event makes no notice');
    return notice;
  }

  /** The name of the execution that the notice starts. */
  nameOf(notice: Notice): string {
    return executionName(notice, this.ports.home);
  }

  /** Runs the retirement of an instance from its hook's event to its end. */
  retire(instance: string, ports: Partial<RetirementPorts> = {}): Promise<Retired> {
    const notice = this.noticeOf(this.terminate(instance));
    return this.drive(this.retireBy(notice, ports));
  }

  /** Runs the retirement of a notice; somebody else moves time. */
  retireBy(notice: Notice, ports: Partial<RetirementPorts> = {}): Promise<Retired> {
    const name = executionName(notice);
    this.begun.push({ name, startedAt: this.clock.now() });
    this.#alive.add(name);
    return retireNode(notice, { ...this.ports, ...ports }).finally(() => this.#alive.delete(name));
  }

  route(event: unknown, ports: Partial<EventPorts> = {}): Promise<void> {
    return this.drive(routeEvent(parseEvent(event), { ...this.ports, ...ports }));
  }

  /** Moves time past everything in which neither side does anything, until the promise settles. */
  drive<Outcome>(goal: Goal<Outcome>): Promise<Outcome> {
    return this.aws.driveUntil(goal, { busy: () => this.#traffic.busy });
  }

  of<Type extends DomainEvent['type']>(type: Type): EventOf<Type>[] {
    return this.events.filter((event): event is EventOf<Type> => event.type === type);
  }

  get types(): DomainEvent['type'][] {
    return this.events.map(({ type }) => type);
  }

  node(name: string): Node {
    const node = this.kubernetes.node(name);
    if (node === undefined) throw new Error(`there is no node ${name}`);
    return node;
  }

  /** What Auto Scaling noted of an instance. */
  history<Kind extends HistoryEntry['kind']>(instance: string, kind: Kind): Extract<HistoryEntry, { kind: Kind }>[] {
    const entries = this.aws.autoScaling.history(instance);
    return entries.filter((entry): entry is Extract<HistoryEntry, { kind: Kind }> => entry.kind === kind);
  }

  /** How the hook ended, each time that it did. */
  completions(instance: string): string[] {
    return this.history(instance, 'completion').map(({ result, by }) => `${result} by ${by}`);
  }

  #furnish(plan: RehearsalPlan): void {
    const { aws, kubernetes } = this;
    const { nodes = 3, metadata = JSON.stringify({ cluster: CLUSTER }), heartbeatTimeout = 900 } = plan;
    aws.eks.addCluster({ name: CLUSTER, endpoint: kubernetes.url, ca: kubernetes.ca });
    aws.eks.addAccessEntry({ clusterName: CLUSTER, principalArn: this.#role('retirement'), groups: ['ebb'] });
    aws.eks.addAccessEntry({ clusterName: CLUSTER, principalArn: this.#role('sweep'), groups: [fleetGroupOf('ebb')] });
    aws.autoScaling.addGroup({ name: GROUP, desired: 0, ...groupTraits(plan) });
    aws.autoScaling.putHook(GROUP, {
      name: HOOK,
      transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      heartbeatTimeout,
      defaultResult: 'CONTINUE',
      ...(metadata !== null && { notificationMetadata: metadata }),
    });
    this.#configure(plan);
    for (let count = 0; count < nodes; count += 1) this.addInstance();
    if (plan.clusterRole === false) return;
    for (const manifest of clusterRoleManifests('ebb')) kubernetes.world.apply(manifest as never);
  }

  #configure({ drain, taint, tainted, notices, budget, enrolled = true }: RehearsalPlan): void {
    const groups = [{ name: enrolled ? GROUP : 'others' }];
    const { clusters } = parseConfiguration({
      clusters: [
        {
          name: CLUSTER,
          groups,
          ...(drain && { drain }),
          ...(taint && { taint }),
          ...(tainted && { tainted }),
          ...(notices && { notices }),
          budget,
        },
      ],
    });
    for (const cluster of clusters) this.aws.ssm.put(`/ebb/clusters/${cluster.name}`, clusterParameter(cluster));
  }

  #assemble(): Rehearsal['ports'] {
    const client = this.aws.clientConfig(this.#credentials('retirement'));
    const autoScaling = new AutoScalingClient(client);
    const ec2 = new EC2Client(client);
    const fleets = clusters({ eks: new EKSClient(client) });
    return {
      hookName: HOOK,
      home: { account: this.aws.account.accountId, region: this.aws.account.region },
      lifecycle: lifecycle(autoScaling),
      instances: ec2Instances(ec2),
      reservations: reservations(ec2),
      balancing: NO_LOAD_BALANCERS,
      zonalShifts: zonalShifts(autoScaling, client.endpoint),
      instanceTags: instanceTags(new ResourceGroupsTaggingAPIClient(client)),
      settings: clusterSettings(new SSMClient(client), '/ebb/clusters/'),
      clusters: fleets,
      clouds: lazyClouds(),
      replacing: {
        groups: groups(autoScaling),
        capacity: capacity(autoScaling),
        instances: { ...detachedInstances(ec2), launched: (instances) => launchedInstances(ec2, instances) },
        fleets,
      },
      journal: { report: (event) => this.events.push({ ...event, reportedAt: this.clock.now() }) },
      run: this.#run(),
      retirements: this.#retirements(),
      budgets: {
        groups: groups(autoScaling),
        fleets,
        changes: groupChanges({ autoScaling, eks: new EKSClient(client) }),
        launches: { launched: (instances) => launchedInstances(ec2, instances) },
      },
      running: {
        isRunning: (name) => Promise.resolve(this.running.has(name)),
        started: () => Promise.resolve(this.begun.filter(({ name }) => this.#alive.has(name))),
      },
      history: {
        started: (since) => Promise.resolve(this.begun.filter(({ startedAt }) => startedAt >= since)),
      },
    };
  }

  /** Of a role that may do everything in AWS, and in the cluster what its access entry says. */
  #credentials(name: string): Credentials {
    const allowed = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    const roleArn = this.#role(name);
    this.aws.authorization.addRole(roleArn, { policies: [allowed] });
    return this.aws.lambda.addFunction({ name, directory: '/', roleArn }).credentials;
  }

  #role(name: string): string {
    return `arn:aws:iam::${this.aws.account.accountId}:role/${name}`;
  }

  /** What a step returned goes through JSON, as a checkpoint does. */
  #run(): DurableRun {
    return {
      step: async (name, work) => {
        this.steps.push(name);
        const outcome = await work();
        return JSON.parse(JSON.stringify(outcome)) as typeof outcome;
      },
      suspend: (_name, seconds) => this.clock.sleep(seconds * 1000),
    };
  }

  #retirements(): Retirements {
    return {
      start: (name, notice) => {
        const already = this.started.has(name);
        if (!already) this.started.set(name, notice);
        return Promise.resolve(already ? 'already' : 'started');
      },
    };
  }
}

function groupTraits({ groupTags, retains, warmPool }: RehearsalPlan) {
  return {
    ...(groupTags && { tags: groupTags }),
    ...(retains && { lifecyclePolicy: { terminateHookAbandon: 'retain' as const } }),
    ...(warmPool && { warmPool: { poolState: 'Stopped' as const, reuseOnScaleIn: true, size: 1 } }),
  };
}
