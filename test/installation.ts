/**
 * An installation of Ebb on the peers: the stack is synthesised and deployed as its template says, so functions run from
 * their assets with the template's environment, roles, rule and hook. Tests and the demo both stand on it.
 *
 * How functions start: `bundleAll` makes their bundles, `EbbStack` is synthesised, and `deployTemplate` makes each function
 * of the template in the AWS peer. An event then invokes it: the peer takes a sandbox, a worker thread
 * (peers/aws/lambda/sandbox.ts), which loads the bundle and calls its handler.
 */
import { App } from 'aws-cdk-lib';
import { bundleAll } from '../infra/bundling/function-bundle.ts';
import { clusterRoleManifests } from '../infra/cluster-role/cluster-role.ts';
import { parseConfiguration } from '../infra/configuration/parse-configuration.ts';
import { EbbStack } from '../infra/ebb-stack.ts';
import type { DomainEvent } from '../lambdas/core/events/domain-event.ts';
import type { Configuration, ConfigurationInput } from '../lambdas/entry/configuration/configuration.ts';
import { Machines } from './machines.ts';
import { deployTemplate } from './peers/aws/deployment/deploy.ts';
import { AwsPeer } from './peers/aws/peer.ts';
import { DrivenClock } from './peers/clock.ts';
import { KubernetesPeer } from './peers/kubernetes/peer.ts';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder.ts';

/** A domain event as it stands in the log: with its time, and which function wrote it. */
export type LoggedEvent = DomainEvent & { readonly time: string; readonly level: string; readonly service: string };

const CHECKPOINTING = new Set(['CheckpointDurableExecution', 'GetDurableExecutionState']);

/** The AWS side alone, for a cluster that is somewhere else: groups and clusters are added first, then `deploy`. */
export class AwsInstallation {
  readonly aws: AwsPeer;
  /** Every domain event that a function logged, oldest first. */
  readonly events: LoggedEvent[] = [];
  /** Lines that are no domain events: failures, and what a library printed. */
  readonly otherLines: string[] = [];
  readonly #listeners: ((event: LoggedEvent) => void)[] = [];
  readonly #assembly = makeTemporaryFolder('ebb-cdk');

  constructor(aws: AwsPeer) {
    this.aws = aws;
    aws.lambda.onLog(({ line }) => {
      this.#read(line);
    });
  }

  /**
   * Synthesises the stack and deploys its template; the groups and clusters that it names must be there.
   *
   * @param sweeps whether the sweep runs on its schedule: where it does, each five driven minutes cost an invocation
   * @param drifts whether the drift tainter does, likewise
   * @param step told what is being done
   */
  deploy(
    configuration: Configuration,
    {
      sweeps = false,
      drifts = false,
      step = () => undefined,
    }: { sweeps?: boolean; drifts?: boolean; step?: Step | undefined } = {},
  ): void {
    step('Synthesising the stack');
    const app = new App({ outdir: this.#assembly, analyticsReporting: false, builtinCloudFormationValidation: false });
    new EbbStack(app, 'Ebb', { configuration });
    app.synth();
    step('Deploying it on the AWS peer');
    deployTemplate(this.aws, this.#assembly);
    for (const rule of this.aws.eventBridge.rules) {
      if (rule.schedule !== undefined) rule.enabled = rule.name.includes('Drift') ? drifts : sweeps;
    }
  }

  onEvent(listener: (event: LoggedEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Names of the functions by their entry. */
  functionNamed(entry: FunctionEntry): string {
    const found = [...this.aws.lambda.functions.keys()].find((name) => name.includes(entry));
    if (found === undefined) throw new Error(`no function of the template is ${entry}`);
    return found;
  }

  /** Calls that router and retirements made to AWS, checkpoints left out: those are the platform's own. */
  awsRequests(): number {
    const drain = [this.functionNamed('InterruptionRouter'), this.functionNamed('NodeRetirement')];
    return this.aws.requests.filter(({ function: name = '', action }) => {
      return drain.includes(name) && !CHECKPOINTING.has(action);
    }).length;
  }

  async stop(): Promise<void> {
    await this.aws.stop();
    removeTemporaryFolder(this.#assembly);
  }

  #read(line: string): void {
    const event = parsedEvent(line);
    if (event === undefined) {
      this.otherLines.push(line);
      return;
    }
    this.events.push(event);
    for (const listener of this.#listeners) listener(event);
  }
}

/** The user in the kubeconfig of a cluster that is not EKS. */
export const KUBECONFIG_USER = 'ebb-by-kubeconfig';

export interface InstallationPlan {
  /**
   * One cluster, whose groups are made with as many nodes as `nodes` says. With `access`, its secret gets a kubeconfig
   * with a token, and EKS knows no such cluster.
   */
  readonly configuration: ConfigurationInput;
  /** Nodes per group. */
  readonly nodes: number;
  /** How many pods a node takes; the peer's default is 110. */
  readonly podsPerNode?: number;
  readonly clock?: DrivenClock;
  /** Whether the sweep runs on its schedule. @default false */
  readonly sweeps?: boolean;
  /** Whether the drift tainter does. @default false */
  readonly drifts?: boolean;
  /** Told what is being done while it starts. */
  readonly step?: Step | undefined;
}

/** Names of the functions in the template, by their entry. */
type FunctionEntry =
  | 'InterruptionRouter'
  | 'NodeRetirement'
  | 'NodeSweep'
  | 'DriftTainter'
  | 'ClusterRotation'
  | 'Operator'
  | 'HypervisorEvacuation'
  | 'HypervisorSync';

/** Takes what is being done, such as `Synthesising the stack`. */
export type Step = (doing: string) => void;

/** The AWS side and a Kubernetes peer, with a node for each instance. */
export class Installation extends AwsInstallation {
  readonly clock: DrivenClock;
  readonly kubernetes: KubernetesPeer;
  /** Its instances as machines, each with its node. */
  readonly machines: Machines;

  private constructor(aws: AwsPeer, kubernetes: KubernetesPeer) {
    super(aws);
    this.clock = aws.clock;
    this.kubernetes = kubernetes;
    this.machines = new Machines({ aws, kubernetes });
  }

  /** Names of the nodes that there are or were: EC2 forgets the name of an instance that is terminated. */
  get nodesByInstance(): ReadonlyMap<string, string> {
    return this.machines.nodes;
  }

  static async start(plan: InstallationPlan): Promise<Installation> {
    const { configuration, nodes, podsPerNode, clock = new DrivenClock(), sweeps = false, drifts = false, step } = plan;
    const parsed = parseConfiguration(configuration);
    await bundleAll(({ length }) => step?.(`Building ${length} functions`));
    step?.('Starting the peers');
    const aws = await AwsPeer.start({ clock });
    const [cluster] = parsed.clusters;
    if (cluster === undefined) throw new Error('the configuration names no cluster');
    const kubernetes = await KubernetesPeer.start({
      clock,
      authenticate: async (bearer) => {
        const verdict = await aws.sts.verifyEksToken(bearer, cluster.name);
        return verdict.ok ? verdict.identity : undefined;
      },
    });
    giveAccess(cluster, parsed.kubernetesGroup, { aws, kubernetes });
    for (const { name } of cluster.groups) aws.autoScaling.addGroup({ name, desired: 0 });
    const installation = new Installation(aws, kubernetes);
    for (const { name } of cluster.groups) {
      for (let count = 0; count < nodes; count += 1) installation.addNode(name, podsPerNode);
    }
    installation.deploy(parsed, { sweeps, drifts, step });
    for (const manifest of clusterRoleManifests(parsed.kubernetesGroup)) kubernetes.world.apply(manifest as never);
    return installation;
  }

  /** An instance of the group, and its node; the node's name is the instance's private DNS name, as on EKS. */
  addNode(group: string, pods?: number): string {
    const { aws } = this;
    const zones = ['a', 'b', 'c'].map((letter) => `${aws.account.region}${letter}`);
    const zone = zones[aws.autoScaling.instanceIds(group).length % zones.length] ?? '';
    const instance = aws.autoScaling.addInstance(group, { zone });
    this.machines.join(instance, { ...(pods !== undefined && { pods }) });
    return instance;
  }

  /**
   * From now on each instance that a group launches joins as a node once its machine has booted, and a node goes with its
   * machine. `machines.setBoot` says otherwise of a group.
   */
  joinLaunched({ bootSeconds }: { bootSeconds: number }): void {
    this.machines.follow({ seconds: bootSeconds });
  }

  nodeOf(instance: string): string {
    return this.machines.nameOf(instance);
  }

  /** Requests that retirements, and nobody else, made to the cluster. */
  kubernetesRequests(): number {
    const retirement = `/${this.functionNamed('NodeRetirement')}`;
    return this.kubernetes.requests.entries.filter(({ user }) => user.endsWith(retirement)).length;
  }

  override async stop(): Promise<void> {
    await this.kubernetes.stop();
    await super.stop();
    this.clock.stop();
  }
}

/** By EKS, or by a kubeconfig in the cluster's secret. */
function giveAccess(
  { name, access }: Configuration['clusters'][number],
  group: string,
  { aws, kubernetes }: { aws: AwsPeer; kubernetes: KubernetesPeer },
): void {
  if (access === undefined) {
    aws.eks.addCluster({ name, endpoint: kubernetes.url, ca: kubernetes.ca });
    return;
  }
  const token = kubernetes.addUser(KUBECONFIG_USER, [group]);
  aws.secrets.put(access.kubeconfigSecret, kubernetes.kubeconfig(token, KUBECONFIG_USER));
}

function parsedEvent(line: string): LoggedEvent | undefined {
  try {
    const parsed = JSON.parse(line) as Partial<LoggedEvent> | null;
    return typeof parsed?.type === 'string' ? (parsed as LoggedEvent) : undefined;
  } catch {
    return undefined;
  }
}
