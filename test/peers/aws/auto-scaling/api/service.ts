/** Auto Scaling on the wire: form in, XML out, version 2011-01-01. */
import { z } from 'zod';
import { AwsError } from '../../wire/aws-error.ts';
import { members } from '../../wire/answer.ts';
import { int, list, strings } from '../../wire/fields.ts';
import { readForm } from '../../wire/form.ts';
import { pageOf } from '../../wire/paging.ts';
import { operation, type Operation, type Service } from '../../wire/service.ts';
import type { AutoScaling } from '../auto-scaling.ts';
import { capacityOperations } from './capacity-operations.ts';
import { isInWarmPool, type Activity, type Group, type Member } from '../group.ts';
import { hookOperations } from './hook-operations.ts';
import { launchOperations } from './launch-operations.ts';
import { membershipOperations } from './membership-operations.ts';
import { trafficSourceOperations } from './traffic-source-operations.ts';
import { activityShape, groupShape, instanceDetailsShape, instanceShape, tagShapes, warmPoolShape } from './shapes.ts';

const paging = { MaxRecords: int.min(1).max(100).optional(), NextToken: z.string().optional() };
const filters = list(z.object({ Name: z.string(), Values: strings }));
type Filters = z.infer<typeof filters>;

export function autoScalingService(service: AutoScaling): Service {
  return {
    scope: 'autoscaling',
    iamPrefix: 'autoscaling',
    protocol: 'query',
    namespace: 'http://autoscaling.amazonaws.com/doc/2011-01-01/',
    invalidCode: 'ValidationError',
    deniedCode: 'AccessDenied',
    operations: {
      ...describeOperations(service),
      ...capacityOperations(service),
      ...membershipOperations(service),
      ...hookOperations(service),
      ...launchOperations(service),
      ...trafficSourceOperations(service),
    },
    route: (request) => {
      const parameters = readForm(request.body.toString());
      const { Action } = z.object({ Action: z.string() }).parse(parameters);
      return { action: Action, parameters };
    },
  };
}

function describeOperations(service: AutoScaling): Record<string, Operation> {
  const shownState = (member: Member): string => service.shownState(member);
  return {
    DescribeAutoScalingGroups: operation({
      input: z.object({ AutoScalingGroupNames: strings, Filters: filters, ...paging }),
      answer: (input) => {
        const wanted = input.AutoScalingGroupNames;
        const found = [...service.groups.values()].filter(
          (group) => (wanted.length === 0 || wanted.includes(group.name)) && passes(group, input.Filters),
        );
        const { page, nextToken } = pageOf(found, input.MaxRecords ?? 50, input.NextToken);
        return { AutoScalingGroups: members(page.map((group) => groupShape(group, shownState))), NextToken: nextToken };
      },
    }),
    DescribeAutoScalingInstances: operation({
      input: z.object({ InstanceIds: strings, ...paging, MaxRecords: int.min(1).max(50).optional() }),
      answer: (input) => {
        const all = [...service.groups.values()].flatMap((group) => [...group.members.values()]);
        const wanted = input.InstanceIds;
        const found = all.filter((member) => wanted.length === 0 || wanted.includes(member.instanceId));
        const { page, nextToken } = pageOf(found, input.MaxRecords ?? 50, input.NextToken);
        const shapes = page.map((member) => instanceDetailsShape(member, shownState));
        return { AutoScalingInstances: members(shapes), NextToken: nextToken };
      },
    }),
    DescribeWarmPool: operation({
      input: z.object({ AutoScalingGroupName: z.string(), ...paging, MaxRecords: int.min(1).max(50).optional() }),
      answer: (input) => {
        const { members: all, warmPool } = service.group(input.AutoScalingGroupName);
        const { page, nextToken } = pageOf(
          [...all.values()].filter(isInWarmPool),
          input.MaxRecords ?? 50,
          input.NextToken,
        );
        const Instances = members(page.map((member) => instanceShape(member, shownState)));
        const configuration = warmPool === undefined ? {} : { WarmPoolConfiguration: warmPoolShape(warmPool) };
        return { ...configuration, Instances, NextToken: nextToken };
      },
    }),
    DescribeTags: operation({
      input: z.object({ Filters: filters, ...paging }),
      answer: (input) => {
        const found = [...service.groups.values()].flatMap(tagShapes).filter((tag) => tagPasses(tag, input.Filters));
        const { page, nextToken } = pageOf(found, input.MaxRecords ?? 50, input.NextToken);
        return { Tags: members(page), NextToken: nextToken };
      },
    }),
    DescribeScalingActivities: operation({
      input: z.object({ AutoScalingGroupName: z.string().optional(), ActivityIds: strings, ...paging }),
      answer: (input) => {
        const name = input.AutoScalingGroupName;
        const groups = name === undefined ? [...service.groups.values()] : [service.group(name)];
        const all = groups.flatMap((group) => group.activities.map((activity) => ({ group, activity })));
        // «Activities are sorted by start time. Activities still in progress are described first.» (API reference)
        const inOrder = all.toSorted((a, b) => Number(hasEnded(a.activity)) - Number(hasEnded(b.activity)));
        const found = inOrder.map(({ group, activity }) => activityShape(group, activity));
        const { page, nextToken } = pageOf(found, input.MaxRecords ?? 100, input.NextToken);
        return { Activities: members(page), NextToken: nextToken };
      },
    }),
  };
}

function hasEnded({ endedAt }: Activity): boolean {
  return endedAt !== undefined;
}

/** Filters `tag-key`, `tag-value`, `tag:<key>` and the older `key`, `value`; all must pass. */
function passes(group: Group, wanted: Filters): boolean {
  return wanted.every(({ Name: name, Values: values }) => {
    if (name.startsWith('tag:')) {
      return group.tags.some((tag) => tag.key === name.slice('tag:'.length) && values.includes(tag.value));
    }
    if (name === 'tag-key' || name === 'key') return group.tags.some((tag) => values.includes(tag.key));
    if (name === 'tag-value' || name === 'value') return group.tags.some((tag) => values.includes(tag.value));
    throw new AwsError('ValidationError', `Invalid filter type ${name}`);
  });
}

const TAG_FIELDS: Readonly<Record<string, string>> = {
  'auto-scaling-group': 'ResourceId',
  key: 'Key',
  value: 'Value',
  'propagate-at-launch': 'PropagateAtLaunch',
};

function tagPasses(tag: Record<string, unknown>, wanted: Filters): boolean {
  return wanted.every(({ Name, Values }) => {
    const field = TAG_FIELDS[Name];
    if (field === undefined) throw new AwsError('ValidationError', `Invalid filter type ${Name}`);
    return Values.includes(String(tag[field]));
  });
}
