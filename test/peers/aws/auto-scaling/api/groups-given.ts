/** A peer with the clients of Auto Scaling and EC2, for tests of which instances a group has. */
import {
  AttachInstancesCommand,
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  DetachInstancesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  type Activity,
  type AutoScalingGroup,
} from '@aws-sdk/client-auto-scaling';
import { DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DrivenClock } from '../../../clock.ts';
import type { GroupPlan, HookPlan } from '../group-plan.ts';
import { AwsPeer } from '../../peer.ts';

export const GROUP = 'workers';

export class GroupsGiven {
  readonly clock: DrivenClock;
  readonly peer: AwsPeer;
  readonly client: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly #uninstall: () => void;

  private constructor(parts: { clock: DrivenClock; peer: AwsPeer; uninstall: () => void }) {
    this.clock = parts.clock;
    this.peer = parts.peer;
    this.client = new AutoScalingClient({ ...parts.peer.clientConfig(), maxAttempts: 1 });
    this.ec2 = new EC2Client({ ...parts.peer.clientConfig(), maxAttempts: 1 });
    this.#uninstall = parts.uninstall;
  }

  static async start(): Promise<GroupsGiven> {
    const clock = new DrivenClock({ stands: true });
    const uninstall = clock.install();
    return new GroupsGiven({ clock, peer: await AwsPeer.start({ clock }), uninstall });
  }

  /** A group `workers` of three instances, unless told, with a hook for each transition; answers its instances. */
  group(plan: Partial<GroupPlan> = {}): string[] {
    const { autoScaling } = this.peer;
    autoScaling.addGroup({ name: GROUP, desired: 3, max: 9, ...plan });
    const hook = (name: string, transition: HookPlan['transition']): void => {
      autoScaling.putHook(GROUP, { name, transition });
    };
    hook('drain', 'autoscaling:EC2_INSTANCE_TERMINATING');
    return autoScaling.instanceIds(GROUP);
  }

  /** Adds a hook that holds what the group launches. */
  holdLaunches(): void {
    const transition = 'autoscaling:EC2_INSTANCE_LAUNCHING';
    this.peer.autoScaling.putHook(GROUP, { name: 'join', transition });
  }

  async detach(InstanceIds: string[], decrement: boolean): Promise<Activity[]> {
    const input = { AutoScalingGroupName: GROUP, InstanceIds, ShouldDecrementDesiredCapacity: decrement };
    const { Activities = [] } = await this.client.send(new DetachInstancesCommand(input));
    return Activities;
  }

  attach(InstanceIds: string[], name = GROUP): Promise<unknown> {
    return this.client.send(new AttachInstancesCommand({ AutoScalingGroupName: name, InstanceIds }));
  }

  terminate(InstanceId: string, decrement: boolean): Promise<unknown> {
    const input = { InstanceId, ShouldDecrementDesiredCapacity: decrement };
    return this.client.send(new TerminateInstanceInAutoScalingGroupCommand(input));
  }

  async described(): Promise<AutoScalingGroup> {
    const { AutoScalingGroups = [] } = await this.client.send(new DescribeAutoScalingGroupsCommand({}));
    const group = AutoScalingGroups.find(({ AutoScalingGroupName }) => AutoScalingGroupName === GROUP);
    if (group === undefined) throw new Error('there is no group');
    return group;
  }

  /** The desired capacity, and the states of the group's instances. */
  async told(): Promise<[number | undefined, (string | undefined)[]]> {
    const { DesiredCapacity, Instances = [] } = await this.described();
    return [DesiredCapacity, Instances.map(({ LifecycleState }) => LifecycleState).toSorted()];
  }

  /** State and tags of an instance, by EC2. */
  async instance(id: string): Promise<{ state: string | undefined; tags: Record<string, string | undefined> }> {
    const { Reservations = [] } = await this.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const [found] = Reservations.flatMap(({ Instances = [] }) => Instances);
    const tags = Object.fromEntries((found?.Tags ?? []).map(({ Key = '', Value }) => [Key, Value]));
    return { state: found?.State?.Name, tags };
  }

  /** Every state that an instance has been in. */
  states(id: string): string[] {
    return this.peer.autoScaling.history(id).flatMap((entry) => (entry.kind === 'state' ? [entry.state] : []));
  }

  async stop(): Promise<void> {
    this.client.destroy();
    this.ec2.destroy();
    await this.peer.stop();
    this.#uninstall();
  }
}
