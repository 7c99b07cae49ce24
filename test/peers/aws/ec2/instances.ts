/** The EC2 instances that exist, and their states. */
import { randomHex, arn, type Account } from '../account.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Bus } from '../event-bridge/event.ts';
import type { Timetable } from '../timetable.ts';
import { ShownTags, type Tags } from './tags.ts';

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

/** The codes by which EC2 tells the states. */
export const STATE_CODES: Readonly<Record<InstanceState, number>> = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
};

/** How an instance was bought; absent: on demand. */
export type Purchase = 'spot' | 'capacity-block' | 'interruptible-capacity-reservation';

/** A change that EC2 has scheduled for an instance, as DescribeInstanceStatus shows it. */
export interface ScheduledEvent {
  readonly code: 'instance-stop' | 'instance-retirement' | 'instance-reboot' | 'system-reboot' | 'system-maintenance';
  readonly notBefore: Date;
  readonly description: string;
}

/** EC2's status checks of an instance. `ebs`: of the volumes that are attached to it. */
export type CheckName = 'system' | 'instance' | 'ebs';

export interface CheckResult {
  readonly status: 'ok' | 'impaired' | 'insufficient-data' | 'not-applicable' | 'initializing';
  /** Since when it is impaired. */
  readonly impairedSince?: Date;
}

/** The VPC that instances are launched in unless told. */
export const DEFAULT_VPC = 'vpc-0123456789abcdef0';

export interface Instance {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly zone: string;
  /** When it was made, and its primary interface attached. */
  readonly createdAt: Date;
  /** As EC2 tells it: when it was last started. */
  launchedAt: Date;
  tags: Tags;
  /** Refuses TerminateInstances; Auto Scaling ends it all the same. */
  disableApiTermination: boolean;
  purchase: Purchase | undefined;
  capacityReservationId: string | undefined;
  scheduledEvents: readonly ScheduledEvent[];
  /** Results of its status checks while it runs. */
  readonly checks: Record<CheckName, CheckResult>;
  readonly vpcId: string;
  readonly subnetId: string;
  state: InstanceState;
  privateIp: string;
  /** Further addresses of its network interfaces, such as those of pods. */
  readonly secondaryIps: string[];
  /** Gone, as in EC2, once the instance is terminated. */
  privateDnsName: string | undefined;
}

export interface InstancePlan {
  readonly instanceId?: string;
  readonly zone?: string;
  readonly instanceType?: string;
  readonly imageId?: string;
  readonly tags?: Tags;
  /** Whether it is protected from TerminateInstances. Default no. */
  readonly disableApiTermination?: boolean;
  /** Default {@link DEFAULT_VPC}. */
  readonly vpcId?: string;
  readonly privateIp?: string;
  readonly secondaryIps?: readonly string[];
  /** Default `running`. */
  readonly state?: InstanceState;
}

const DEFAULTS = {
  instanceType: 'm6i.large',
  imageId: 'ami-0123456789abcdef0',
  disableApiTermination: false,
  state: 'running' as InstanceState,
};

export class Instances {
  /** Driven milliseconds from `shutting-down` to `terminated`. */
  shutdownDelay = 10_000;
  /** The most instances of one page of DescribeInstances, and how many empty pages come before the first. */
  pageLimit = 1000;
  emptyPages = 0;
  readonly shownTags: ShownTags;
  readonly #stateListeners: ((instance: Instance) => void)[] = [];
  readonly #all = new Map<string, Instance>();
  readonly #account: Account;
  readonly #time: Timetable;
  readonly #bus: Bus;

  constructor(parts: { account: Account; time: Timetable; bus: Bus }) {
    this.#account = parts.account;
    this.#time = parts.time;
    this.#bus = parts.bus;
    this.shownTags = new ShownTags(parts.time);
  }

  /** Calls `listener` whenever the state of an instance has changed: at `shutting-down` its machine ends. */
  onState(listener: (instance: Instance) => void): void {
    this.#stateListeners.push(listener);
  }

  launch(plan: InstancePlan = {}): Instance {
    const { region } = this.#account;
    const {
      instanceId = `i-${randomHex(17)}`,
      zone = `${region}a`,
      vpcId = DEFAULT_VPC,
      privateIp = this.#nextAddress(),
      tags = {},
      secondaryIps = [],
      ...given
    } = plan;
    const instance: Instance = {
      ...DEFAULTS,
      ...given,
      instanceId,
      zone,
      purchase: undefined,
      capacityReservationId: undefined,
      scheduledEvents: [],
      checks: { system: { status: 'ok' }, instance: { status: 'ok' }, ebs: { status: 'ok' } },
      vpcId,
      subnetId: `subnet-${vpcId.slice('vpc-'.length, -1)}${zone.slice(-1)}`,
      createdAt: this.#time.date(),
      launchedAt: this.#time.date(),
      tags: { ...tags },
      privateIp,
      secondaryIps: [...secondaryIps],
      privateDnsName: `ip-${privateIp.replaceAll('.', '-')}.${domain(region)}`,
    };
    this.#all.set(instance.instanceId, instance);
    return instance;
  }

  all(): Instance[] {
    return [...this.#all.values()];
  }

  find(instanceId: string): Instance | undefined {
    return this.#all.get(instanceId);
  }

  /** The instance that has the address now, on any of its interfaces. */
  findByAddress(address: string): Instance | undefined {
    return this.all().find((instance) => addressesOf(instance).includes(address));
  }

  /** @throws AwsError InvalidInstanceID.NotFound or InvalidInstanceID.Malformed */
  get(instanceId: string): Instance {
    const instance = this.#all.get(instanceId);
    if (instance !== undefined) return instance;
    throw absent([instanceId]);
  }

  /** All of these instances. @throws AwsError as `get`, naming each that is not there. */
  getAll(instanceIds: readonly string[]): Instance[] {
    const missing = instanceIds.filter((id) => !this.#all.has(id));
    if (missing.length > 0) throw absent(missing);
    return instanceIds.flatMap((id) => this.#all.get(id) ?? []);
  }

  /** From now on the instance is one that was bought so. */
  setPurchase(instanceId: string, purchase: Purchase | undefined, capacityReservationId?: string): void {
    const instance = this.get(instanceId);
    instance.purchase = purchase;
    instance.capacityReservationId = capacityReservationId;
  }

  /** From now on the status check has that result. */
  setCheck(instanceId: string, check: CheckName, status: CheckResult['status']): void {
    const { checks } = this.get(instanceId);
    if (checks[check].status === status) return;
    checks[check] = status === 'impaired' ? { status, impairedSince: this.#time.date() } : { status };
  }

  /** Sets all tags of an instance, AWS's own too. */
  setTags(instanceId: string, tags: Tags): void {
    const instance = this.get(instanceId);
    this.shownTags.remember(instance);
    instance.tags = tags;
  }

  /** Changes the state and sends EC2's state-change event. */
  setState(instanceId: string, state: InstanceState): void {
    const instance = this.get(instanceId);
    if (instance.state === state) return;
    if (instance.state === 'stopped' && state === 'running') instance.launchedAt = this.#time.date();
    instance.state = state;
    if (state === 'terminated') instance.privateDnsName = undefined;
    this.#bus.put({
      'detail-type': 'EC2 Instance State-change Notification',
      source: 'aws.ec2',
      resources: [arn(this.#account, 'ec2', `instance/${instanceId}`)],
      detail: { 'instance-id': instanceId, state },
    });
    for (const listener of this.#stateListeners) listener(instance);
  }

  /** Shuts the instance down; it is terminated a little later. */
  terminate(instanceId: string): void {
    if (['shutting-down', 'terminated'].includes(this.get(instanceId).state)) return;
    this.setState(instanceId, 'shutting-down');
    this.#time.after(this.shutdownDelay, () => {
      this.setState(instanceId, 'terminated');
    });
  }

  #nextAddress(): string {
    const host = this.#all.size + 10;
    return [10, 0, Math.floor(host / 250), host % 250].join('.');
  }
}

function absent(ids: readonly string[]): AwsError {
  const malformed = ids.find((id) => !/^i-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id));
  if (malformed !== undefined) return new AwsError('InvalidInstanceID.Malformed', `Invalid id: "${malformed}"`);
  const [what, verb] = ids.length === 1 ? ['instance ID', 'does'] : ['instance IDs', 'do'];
  return new AwsError('InvalidInstanceID.NotFound', `The ${what} '${ids.join(', ')}' ${verb} not exist`);
}

/** The private addresses that it has, primary first; none once it is terminated. */
export function addressesOf(instance: Instance): string[] {
  return instance.state === 'terminated' ? [] : [instance.privateIp, ...instance.secondaryIps];
}

function domain(region: string): string {
  return region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
}
