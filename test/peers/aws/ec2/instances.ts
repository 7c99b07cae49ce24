/** The EC2 instances that exist, and their states. */
import { randomHex, arn, type Account } from '../account.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Bus } from '../event-bridge/event.ts';
import type { Timetable } from '../timetable.ts';

export type InstanceState = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

export interface Instance {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly imageId: string;
  readonly zone: string;
  readonly launchedAt: Date;
  readonly tags: Record<string, string>;
  state: InstanceState;
  privateIp: string;
  /** Gone, as in EC2, once the instance is terminated. */
  privateDnsName: string | undefined;
}

export interface InstancePlan {
  readonly instanceId?: string;
  readonly zone?: string;
  readonly instanceType?: string;
  readonly imageId?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Default `running`. */
  readonly state?: InstanceState;
}

export class Instances {
  /** Driven milliseconds from `shutting-down` to `terminated`. */
  shutdownDelay = 10_000;
  readonly #all = new Map<string, Instance>();
  readonly #account: Account;
  readonly #time: Timetable;
  readonly #bus: Bus;

  constructor(parts: { account: Account; time: Timetable; bus: Bus }) {
    this.#account = parts.account;
    this.#time = parts.time;
    this.#bus = parts.bus;
  }

  launch(plan: InstancePlan = {}): Instance {
    const host = this.#all.size + 10;
    const address = [10, 0, Math.floor(host / 250), host % 250];
    const instance: Instance = {
      instanceId: plan.instanceId ?? `i-${randomHex(17)}`,
      instanceType: plan.instanceType ?? 'm6i.large',
      imageId: plan.imageId ?? 'ami-0123456789abcdef0',
      zone: plan.zone ?? `${this.#account.region}a`,
      launchedAt: this.#time.date(),
      tags: { ...plan.tags },
      state: plan.state ?? 'running',
      privateIp: address.join('.'),
      privateDnsName: `ip-${address.join('-')}.${domain(this.#account.region)}`,
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

  /** @throws AwsError InvalidInstanceID.NotFound */
  get(instanceId: string): Instance {
    const instance = this.#all.get(instanceId);
    if (instance !== undefined) return instance;
    throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
  }

  /** Changes the state and sends EC2's state-change event. */
  setState(instanceId: string, state: InstanceState): void {
    const instance = this.get(instanceId);
    if (instance.state === state) return;
    instance.state = state;
    if (state === 'terminated') instance.privateDnsName = undefined;
    this.#bus.put({
      'detail-type': 'EC2 Instance State-change Notification',
      source: 'aws.ec2',
      resources: [arn(this.#account, 'ec2', `instance/${instanceId}`)],
      detail: { 'instance-id': instanceId, state },
    });
  }

  /** Shuts the instance down; it is terminated a little later. */
  terminate(instanceId: string): void {
    if (['shutting-down', 'terminated'].includes(this.get(instanceId).state)) return;
    this.setState(instanceId, 'shutting-down');
    this.#time.after(this.shutdownDelay, () => {
      this.setState(instanceId, 'terminated');
    });
  }
}

function domain(region: string): string {
  return region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`;
}
