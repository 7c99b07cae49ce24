/** The wire calls about lifecycle hooks and lifecycle actions. */
import { z } from 'zod';
import type { Resource } from '../../iam/authorization.ts';
import { members } from '../../wire/answer.ts';
import { int, strings } from '../../wire/fields.ts';
import { operation, type Operation } from '../../wire/service.ts';
import type { AutoScaling } from '../auto-scaling.ts';
import type { Member } from '../group.ts';
import { noActiveAction } from '../lifecycle.ts';
import { hookShape } from './shapes.ts';

const action = {
  AutoScalingGroupName: z.string(),
  LifecycleHookName: z.string(),
  InstanceId: z.string().optional(),
  LifecycleActionToken: z.string().optional(),
};
const transition = z.enum(['autoscaling:EC2_INSTANCE_LAUNCHING', 'autoscaling:EC2_INSTANCE_TERMINATING']);
const result = z.enum(['CONTINUE', 'ABANDON']);

const putHook = z.object({
  AutoScalingGroupName: z.string(),
  LifecycleHookName: z.string().max(255),
  LifecycleTransition: transition,
  HeartbeatTimeout: int.optional(),
  DefaultResult: result.optional(),
  NotificationMetadata: z.string().max(4000).optional(),
  NotificationTargetARN: z.string().optional(),
  RoleARN: z.string().optional(),
});

/** What IAM sees of a call on a group: its ARN and tags. */
export function groupResource(service: AutoScaling, name: string): Resource[] {
  const group = service.group(name);
  return [{ arn: group.arn, tags: Object.fromEntries(group.tags.map((tag) => [tag.key, tag.value])) }];
}

export function hookOperations(service: AutoScaling): Record<string, Operation> {
  const resources = (input: { AutoScalingGroupName: string }): Resource[] =>
    groupResource(service, input.AutoScalingGroupName);
  return {
    PutLifecycleHook: operation({
      input: putHook,
      resources,
      answer: (input) => {
        service.putHook(input.AutoScalingGroupName, {
          name: input.LifecycleHookName,
          transition: input.LifecycleTransition,
          ...defined({
            heartbeatTimeout: input.HeartbeatTimeout,
            defaultResult: input.DefaultResult,
            notificationMetadata: input.NotificationMetadata,
            notificationTargetArn: input.NotificationTargetARN,
            roleArn: input.RoleARN,
          }),
        });
        return {};
      },
    }),
    DescribeLifecycleHooks: operation({
      input: z.object({ AutoScalingGroupName: z.string(), LifecycleHookNames: strings }),
      answer: (input) => {
        const group = service.group(input.AutoScalingGroupName);
        const wanted = input.LifecycleHookNames;
        const hooks = [...group.hooks.values()].filter((hook) => wanted.length === 0 || wanted.includes(hook.name));
        return { LifecycleHooks: members(hooks.map((hook) => hookShape(group, hook))) };
      },
    }),
    DeleteLifecycleHook: operation({
      input: z.object({ AutoScalingGroupName: z.string(), LifecycleHookName: z.string() }),
      resources,
      answer: (input) => {
        service.group(input.AutoScalingGroupName).hooks.delete(input.LifecycleHookName);
        return {};
      },
    }),
    CompleteLifecycleAction: operation({
      input: z.object({ ...action, LifecycleActionResult: result }),
      resources,
      answer: (input, call) => {
        const completion = { ...by(input, call.caller.functionName), result: input.LifecycleActionResult };
        service.lifecycle.complete(memberOf(service, input), input.LifecycleHookName, completion);
        return {};
      },
    }),
    RecordLifecycleActionHeartbeat: operation({
      input: z.object(action),
      resources,
      answer: (input, call) => {
        service.lifecycle.heartbeat(
          memberOf(service, input),
          input.LifecycleHookName,
          by(input, call.caller.functionName),
        );
        return {};
      },
    }),
  };
}

type Action = z.infer<z.ZodObject<typeof action>>;

function memberOf(service: AutoScaling, input: Action): Member {
  const group = service.group(input.AutoScalingGroupName);
  const { InstanceId: instanceId, LifecycleActionToken: token } = input;
  const held = [...group.members.values()];
  const found =
    token === undefined
      ? group.members.get(instanceId ?? '')
      : held.find((member) => member.actions.get(input.LifecycleHookName)?.token === token);
  if (found !== undefined) return found;
  throw noActiveAction(token === undefined ? { instanceId: instanceId ?? '' } : { token });
}

function by(input: Action, functionName: string | undefined): { token?: string; function?: string } {
  return defined({ token: input.LifecycleActionToken, function: functionName });
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

function defined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}
