/**
 * Which instances a group has, and their tags, asked of moto and of the peer; run when MOTO_URL is set.
 *
 * Left out is where moto (5.2.1) differs from AWS's documentation. It detaches below the minimum, and detaches instances
 * of no group. It leaves them registered in target groups. It attaches instances that are stopped, and refuses those over
 * the maximum as ResourceContention. It keeps no activities, lets `aws:` tags be set, and tags instances that are not there.
 */
import {
  AttachInstancesCommand,
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  DetachInstancesCommand,
  EnterStandbyCommand,
  ExitStandbyCommand,
  SetDesiredCapacityCommand,
  SetInstanceProtectionCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  TerminateInstancesCommand,
  type Filter,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { both, errorName, MOTO_URL, type Endpoint } from './moto-given.ts';
import type { AwsPeer } from './peer.ts';

const IMAGE = 'ami-12c6146b';

/** A group of both, and what can be asked of either. */
class Asked {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly group = `group-${crypto.randomUUID()}`;
  readonly #peer: AwsPeer | undefined;

  constructor(config: Endpoint, peer: AwsPeer | undefined) {
    this.autoScaling = new AutoScalingClient({ ...config, maxAttempts: 1 });
    this.ec2 = new EC2Client({ ...config, maxAttempts: 1 });
    this.#peer = peer;
  }

  /** Makes the group, of as many instances; answers them. */
  async make(desired: number): Promise<string[]> {
    const { group } = this;
    if (this.#peer === undefined) {
      const LaunchTemplateData = { ImageId: IMAGE, InstanceType: 'm6i.large' } as const;
      await this.ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: group, LaunchTemplateData }));
      await this.autoScaling.send(
        new CreateAutoScalingGroupCommand({
          AutoScalingGroupName: group,
          LaunchTemplate: { LaunchTemplateName: group, Version: '1' },
          MinSize: 0,
          MaxSize: 9,
          DesiredCapacity: desired,
          AvailabilityZones: ['eu-central-1a'],
          Tags: [{ Key: 'team', Value: 'x', PropagateAtLaunch: true }],
        }),
      );
    } else {
      const zones = ['eu-central-1a'];
      this.#peer.autoScaling.addGroup({ name: group, desired, max: 9, zones, tags: { team: 'x' } });
    }
    const [, instances] = await this.told();
    return Object.keys(instances);
  }

  async run(): Promise<string> {
    if (this.#peer !== undefined) return this.#peer.instances.launch({ zone: 'eu-central-1a' }).instanceId;
    const Placement = { AvailabilityZone: 'eu-central-1a' };
    const input = { ImageId: IMAGE, MinCount: 1, MaxCount: 1, Placement };
    const { Instances } = await this.ec2.send(new RunInstancesCommand(input));
    return Instances?.[0]?.InstanceId ?? '';
  }

  /** The desired capacity, and the state of each instance, once all has been done. */
  async told(): Promise<[number | undefined, Record<string, string | undefined>]> {
    await this.#peer?.clock.advance(120_000);
    const input = { AutoScalingGroupNames: [this.group] };
    const { AutoScalingGroups } = await this.autoScaling.send(new DescribeAutoScalingGroupsCommand(input));
    const [group] = AutoScalingGroups ?? [];
    const states = (group?.Instances ?? []).map(({ InstanceId = '', LifecycleState }) => [InstanceId, LifecycleState]);
    return [group?.DesiredCapacity, Object.fromEntries(states) as Record<string, string | undefined>];
  }

  /** The same, without the names of the instances. */
  async counted(): Promise<unknown> {
    const [desired, states] = await this.told();
    return [desired, Object.values(states).toSorted()];
  }

  async tags(id: string): Promise<[string, string][]> {
    const { Reservations } = await this.ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const tags = Reservations?.[0]?.Instances?.[0]?.Tags ?? [];
    const own = tags.map(({ Key = '', Value = '' }): [string, string] => [Key, Value.replace(this.group, 'GROUP')]);
    return own.filter(([key]) => !key.startsWith('aws:ec2launchtemplate:')).toSorted();
  }

  async found(...Filters: Filter[]): Promise<number> {
    const { Reservations = [] } = await this.ec2.send(new DescribeInstancesCommand({ Filters }));
    return Reservations.flatMap(({ Instances = [] }) => Instances).length;
  }

  leaving(id: string, decrement: boolean) {
    return { ...this.named(id), ShouldDecrementDesiredCapacity: decrement };
  }

  named(id: string) {
    return { AutoScalingGroupName: this.group, InstanceIds: [id] };
  }
}

function asked<T>(ask: (asked: Asked) => Promise<T>): Promise<[T, T]> {
  return both((config, peer) => ask(new Asked(config, peer)));
}

describe.skipIf(MOTO_URL === undefined)('peer and moto agree on', () => {
  test.each([true, false])('a detached instance, with a decrement: %s', async (decrement) => {
    const [ours, theirs] = await asked(async (it) => {
      const [id = ''] = await it.make(3);
      const before = await it.tags(id);
      const { Activities = [] } = await it.autoScaling.send(new DetachInstancesCommand(it.leaving(id, decrement)));
      const activities = Activities.map(({ Description, StatusCode, Progress }) => [
        Description?.replace(id, 'ID'),
        StatusCode,
        Progress,
      ]);
      return [before, activities, await it.counted(), await it.tags(id)];
    });
    expect(ours).toEqual(theirs);
  });

  test('an instance that is attached, and its tags', async () => {
    const [ours, theirs] = await asked(async (it) => {
      await it.make(1);
      const id = await it.run();
      await it.autoScaling.send(new AttachInstancesCommand(it.named(id)));
      const [desired, states] = await it.told();
      return [desired, states[id], (await it.tags(id)).filter(([key]) => key === 'aws:autoscaling:groupName')];
    });
    expect(ours).toEqual(theirs);
  });

  test('standby, there and back', async () => {
    const [ours, theirs] = await asked(async (it) => {
      const [id = ''] = await it.make(2);
      await it.autoScaling.send(new EnterStandbyCommand(it.leaving(id, true)));
      const during = await it.counted();
      await it.autoScaling.send(new ExitStandbyCommand(it.named(id)));
      return [during, await it.counted()];
    });
    expect(ours).toEqual(theirs);
  });

  test('protection from scale-in', async () => {
    const [ours, theirs] = await asked(async (it) => {
      const [id = ''] = await it.make(3);
      await it.autoScaling.send(new SetInstanceProtectionCommand({ ...it.named(id), ProtectedFromScaleIn: true }));
      const input = { AutoScalingGroupName: it.group, DesiredCapacity: 1 };
      await it.autoScaling.send(new SetDesiredCapacityCommand(input));
      const [desired, states] = await it.told();
      return [desired, states[id], Object.keys(states).length];
    });
    expect(ours).toEqual(theirs);
  });

  test('tags that are set, overwritten, deleted and found', async () => {
    const [ours, theirs] = await asked(async (it) => {
      const id = await it.run();
      const key = `ebb/${it.group}`;
      const set = (...values: string[]): Promise<unknown> =>
        it.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: values.map((Value) => ({ Key: key, Value })) }));
      await set('workers-a');
      await set('workers-b');
      const running = { Name: 'instance-state-name', Values: ['running'] };
      const found = [
        await it.found({ Name: `tag:${key}`, Values: ['workers-?'] }),
        await it.found({ Name: `tag:${key}`, Values: ['workers-a'] }),
        await it.found({ Name: 'tag-key', Values: [`${key.slice(0, -1)}*`] }, running),
      ];
      const remove = (Value: string | undefined): Promise<unknown> =>
        it.ec2.send(new DeleteTagsCommand({ Resources: [id], Tags: [{ Key: key, Value }] }));
      await remove('other');
      found.push(await it.found({ Name: `tag:${key}`, Values: ['*'] }));
      await remove(undefined);
      found.push(await it.found({ Name: 'tag-key', Values: [key] }));
      return found;
    });
    expect(ours).toEqual(theirs);
    expect(ours).toEqual([1, 0, 1, 1, 0]);
  });

  test('too many tags, and unknown instances', async () => {
    const [ours, theirs] = await asked(async (it) => {
      const id = await it.run();
      const Tags = Array.from({ length: 51 }, (_, at) => ({ Key: `key-${at}`, Value: '' }));
      const tag = (count: number): Promise<unknown> =>
        errorName(it.ec2.send(new CreateTagsCommand({ Resources: [id], Tags: Tags.slice(0, count) })));
      const end = (...InstanceIds: string[]): Promise<unknown> =>
        errorName(it.ec2.send(new TerminateInstancesCommand({ InstanceIds })));
      const unknown = 'i-0123456789abcdef0';
      return [await tag(51), await tag(50), await end(unknown), await end(id)];
    });
    expect(ours).toEqual(theirs);
  });
});
