/**
 * The AWS peer: one local HTTP server that answers as AWS's APIs do, with Auto Scaling's lifecycle hooks, EventBridge's
 * default bus and Lambda with durable executions behind them, all on the driven clock.
 *
 * It follows AWS's documentation and knows nothing of Ebb.
 */
import type { DrivenClock } from '../clock.ts';
import { arn, roleArn, type Account } from './account.ts';
import { Activity } from '../activity.ts';
import { arcService } from './arc/service.ts';
import { ZonalShifts } from './arc/zonal-shifts.ts';
import { AutoScaling } from './auto-scaling/auto-scaling.ts';
import { autoScalingService } from './auto-scaling/api/service.ts';
import { Alarms } from './cloudwatch/alarms.ts';
import { cloudWatchService } from './cloudwatch/service.ts';
import { driveUntil, type DriveOptions, type Goal } from './driving.ts';
import { Instances } from './ec2/instances.ts';
import { Interruptions } from './ec2/interruptions.ts';
import { LaunchTemplates } from './ec2/launch-templates.ts';
import { ec2Service } from './ec2/service.ts';
import { classicLoadBalancingService } from './elastic-load-balancing/api/classic-service.ts';
import { ElasticLoadBalancing } from './elastic-load-balancing/elastic-load-balancing.ts';
import { groupRegistrations } from './elastic-load-balancing/group-registrations.ts';
import { loadBalancingV2Service } from './elastic-load-balancing/api/v2-service.ts';
import { Eks } from './eks/clusters.ts';
import { eksService } from './eks/service.ts';
import { EventBridge } from './event-bridge/event-bridge.ts';
import { Faults } from './faults.ts';
import { Authorization } from './iam/authorization.ts';
import { CredentialStore, type Caller, type Credentials } from './iam/credentials.ts';
import { FunctionUrls } from './lambda/urls/function-urls.ts';
import { Lambda } from './lambda/lambda.ts';
import { lambdaService } from './lambda/service.ts';
import { EventSource, type EventSourcePlan } from './sqs/event-source.ts';
import { checkEventSource } from './sqs/event-source-faults.ts';
import { Queues, type QueueSettings } from './sqs/queues.ts';
import { sqsService } from './sqs/service.ts';
import { PeerServer, type LoggedRequest } from './server.ts';
import { Secrets } from './secrets-manager/secrets.ts';
import { secretsService } from './secrets-manager/service.ts';
import { Parameters } from './ssm/parameters.ts';
import { ssmService } from './ssm/service.ts';
import { verifyEksToken, type TokenVerdict } from './sts/eks-token.ts';
import { stsService } from './sts/service.ts';
import { taggingService, type TaggedResource } from './tagging/service.ts';
import { Timetable } from './timetable.ts';

export interface PeerOptions {
  readonly clock: DrivenClock;
  /** Default 123456789012. */
  readonly accountId?: string;
  /** Default eu-central-1. */
  readonly region?: string;
}

export class AwsPeer {
  readonly account: Account;
  readonly clock: DrivenClock;
  readonly time: Timetable;
  readonly faults = new Faults();
  readonly authorization = new Authorization();
  readonly queues = new Queues();
  readonly eventBridge: EventBridge;
  readonly instances: Instances;
  /** What AWS does to instances that nobody asked for. */
  readonly interruptions: Interruptions;
  readonly launchTemplates: LaunchTemplates;
  readonly elasticLoadBalancing: ElasticLoadBalancing;
  readonly autoScaling: AutoScaling;
  readonly eks: Eks;
  readonly ssm: Parameters;
  readonly secrets: Secrets;
  readonly alarms = new Alarms();
  readonly zonalShifts: ZonalShifts;
  readonly lambda: Lambda;
  readonly functionUrls: FunctionUrls;
  readonly sts: { verifyEksToken(bearer: string, clusterName: string): Promise<TokenVerdict> };
  /** The credentials of the account's administrator, who may do everything. */
  readonly administrator: Credentials;
  readonly #server: PeerServer;
  readonly #requests = new Activity();
  readonly #store = new CredentialStore();
  #url = '';

  private constructor(options: PeerOptions) {
    const account = { accountId: options.accountId ?? '123456789012', region: options.region ?? 'eu-central-1' };
    const time = new Timetable(options.clock);
    const { queues } = this;
    this.account = account;
    this.clock = options.clock;
    this.time = time;
    this.administrator = this.#store.issue(administratorOf(account)).credentials;
    this.lambda = new Lambda({ account, time, queues, store: this.#store, endpoint: () => this.#url });
    this.eventBridge = new EventBridge({
      account,
      time,
      queues,
      deliver: (target, payload, rule) => {
        const [service, sourceArn] = ['events.amazonaws.com', rule.arn];
        const message = { at: time.date(), body: payload, attributes: {} };
        if (target.arn.startsWith('arn:aws:sqs:')) queues.send(target.arn, message, { service, sourceArn });
        else this.lambda.invokeAsync({ function: target.arn, payload, by: { principal: service, sourceArn } });
      },
    });
    const bus = this.eventBridge;
    this.instances = new Instances({ account, time, bus });
    this.interruptions = new Interruptions({ instances: this.instances, account, time, bus });
    this.elasticLoadBalancing = new ElasticLoadBalancing({ account, time, instances: this.instances });
    const balancers = groupRegistrations(this.elasticLoadBalancing);
    this.launchTemplates = new LaunchTemplates({ time });
    this.ssm = new Parameters({ time });
    this.secrets = new Secrets({ account });
    this.zonalShifts = new ZonalShifts({ time });
    const { instances, launchTemplates: templates, ssm: parameters } = this;
    this.autoScaling = new AutoScaling({ account, time, bus, instances, templates, parameters, balancers });
    this.eks = new Eks({ account, time });
    const tokens = { region: account.region, store: this.#store, eks: this.eks };
    this.sts = { verifyEksToken: (bearer, cluster) => verifyEksToken(bearer, cluster, { ...tokens, now: time.now() }) };
    const { faults, authorization } = this;
    const serving = { time, activity: this.#requests, store: this.#store, authorization };
    this.functionUrls = new FunctionUrls({ ...serving, account, lambda: this.lambda });
    this.#server = new PeerServer({ ...serving, faults });
    this.#server.services.push(
      autoScalingService(this.autoScaling),
      ec2Service({ instances, templates, account }),
      eksService(this.eks, account),
      stsService(),
      ssmService(this.ssm, account),
      secretsService(this.secrets),
      sqsService(queues, account),
      cloudWatchService(this.alarms),
      arcService(this.zonalShifts),
      loadBalancingV2Service(this.elasticLoadBalancing),
      classicLoadBalancingService(this.elasticLoadBalancing, time),
      taggingService(() => taggedResources(this)),
      lambdaService(this.lambda, account, this.#requests),
    );
  }

  /** Starts a peer on a random port of the loopback interface. */
  static async start(options: PeerOptions): Promise<AwsPeer> {
    const peer = new AwsPeer(options);
    peer.#url = await peer.#server.listen();
    return peer;
  }

  get url(): string {
    return this.#url;
  }

  /** Every request that came in, refused ones too, oldest first. */
  get requests(): readonly LoggedRequest[] {
    return this.#server.requests;
  }

  /** The variables that point an AWS SDK here, as the administrator. */
  environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL: this.#url,
      AWS_REGION: this.account.region,
      AWS_ACCESS_KEY_ID: this.administrator.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.administrator.secretAccessKey,
      AWS_SESSION_TOKEN: this.administrator.sessionToken,
    };
  }

  /** What an SDK client's constructor takes to talk to this peer, as the administrator unless told. */
  clientConfig(credentials: Credentials = this.administrator): {
    endpoint: string;
    region: string;
    credentials: Credentials;
  } {
    return { endpoint: this.#url, region: this.account.region, credentials };
  }

  /** Credentials of a session of a role, which may do what the role's policies say. */
  credentialsOf(roleName: string): Credentials {
    const { accountId } = this.account;
    return this.#store.issue({
      arn: `arn:aws:sts::${accountId}:assumed-role/${roleName}/session`,
      accountId,
      userId: `AROA${roleName.toUpperCase()}:session`,
      roleArn: roleArn(this.account, roleName),
      functionName: undefined,
    }).credentials;
  }

  /** A queue of that name; answers its ARN. */
  addQueue(name: string, settings?: QueueSettings): string {
    const queueArn = arn(this.account, 'sqs', name);
    this.queues.add(queueArn, settings);
    return queueArn;
  }

  /** Has a function read a queue. @throws AwsError for what Lambda refuses */
  addEventSource(plan: EventSourcePlan): EventSource {
    const { account, time, queues, lambda, authorization } = this;
    checkEventSource(plan, { queues, lambda, authorization });
    const invoke = (payload: string) => lambda.invokeSync(lambda.resolve(plan.function), payload);
    return new EventSource(plan, { account, time, queues, invoke });
  }

  /**
   * Moves the clock past time in which nothing happens until the goal is reached: a promise settles, or a function
   * answers something other than false and undefined.
   */
  driveUntil<T>(goal: Goal<T>, options: DriveOptions = {}): Promise<T> {
    const { clock, time, lambda } = this;
    const driven = {
      clock,
      nextWork: () => time.nextWork,
      requests: this.#requests,
      invocations: lambda.invocations,
      functionsWait: () => lambda.waits(),
    };
    return driveUntil(driven, goal, options);
  }

  async stop(): Promise<void> {
    this.time.stop();
    this.lambda.stop();
    await this.functionUrls.close();
    await this.#server.close();
  }
}

function taggedResources({ account, instances, elasticLoadBalancing: elb }: AwsPeer): TaggedResource[] {
  return [
    ...instances.all().map(({ instanceId, tags }) => ({ arn: arn(account, 'ec2', `instance/${instanceId}`), tags })),
    ...elb.loadBalancers.values(),
    ...elb.classicBalancers.values(),
    ...elb.targetGroups.values(),
  ];
}

function administratorOf(account: Account): NewCaller {
  return {
    arn: `arn:aws:iam::${account.accountId}:user/administrator`,
    accountId: account.accountId,
    userId: 'AIDAADMINISTRATOR000',
    roleArn: undefined,
    functionName: undefined,
  };
}

type NewCaller = Omit<Caller, 'accessKeyId'>;
