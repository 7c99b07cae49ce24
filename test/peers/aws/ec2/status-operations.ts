/** DescribeInstanceStatus: the events that EC2 has scheduled, and the results of its status checks. */
import { z } from 'zod';
import { AwsError } from '../wire/aws-error.ts';
import { items } from '../wire/answer.ts';
import { int, strings } from '../wire/fields.ts';
import { pageOf } from '../wire/paging.ts';
import { operation, type Operation } from '../wire/service.ts';
import { filters, like, type Filter } from './filters.ts';
import { STATE_CODES, type CheckName, type CheckResult, type Instance, type Instances } from './instances.ts';

export function statusOperations(instances: Instances): Record<string, Operation> {
  return {
    DescribeInstanceStatus: operation({
      input: z.object({
        InstanceId: strings,
        Filter: filters,
        IncludeAllInstances: z.string().optional(),
        MaxResults: int.min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      }),
      answer: ({ InstanceId, Filter, IncludeAllInstances, MaxResults, NextToken }) => {
        if (InstanceId.length > 0 && MaxResults !== undefined) {
          const message = 'The parameter instancesSet cannot be used with the parameter maxResults';
          throw new AwsError('InvalidParameterCombination', message);
        }
        const named = InstanceId.length > 0 ? instances.getAll(InstanceId) : instances.all();
        const found = named
          .filter(({ state }) => IncludeAllInstances === 'true' || state === 'running')
          .filter((instance) => Filter.every((filter) => passes(instance, filter)));
        const { page, nextToken } = pageOf(found, MaxResults ?? 100, NextToken);
        return { instanceStatusSet: items(page.map(statusShape)), nextToken };
      },
    }),
  };
}

/** Whether any of the filter's values fits. All filters of a call must. */
function passes(instance: Instance, { Name, Value }: Filter): boolean {
  const fields: Readonly<Record<string, readonly string[]>> = {
    'event.code': instance.scheduledEvents.map(({ code }) => code),
    'instance-state-name': [instance.state],
    'system-status.status': [checkOf(instance, 'system').status],
    'instance-status.status': [checkOf(instance, 'instance').status],
    'attached-ebs-status.status': [checkOf(instance, 'ebs').status],
  };
  const field = fields[Name];
  if (field === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
  return field.some((found) => Value.some((pattern) => like(pattern, found)));
}

/** An instance is checked only while it runs. */
function checkOf({ state, checks }: Instance, name: CheckName): CheckResult {
  return state === 'running' ? checks[name] : { status: 'not-applicable' };
}

function statusShape(instance: Instance): Record<string, unknown> {
  const { instanceId, zone, state, scheduledEvents } = instance;
  return {
    instanceId,
    availabilityZone: zone,
    instanceState: { code: STATE_CODES[state], name: state },
    systemStatus: checkShape(checkOf(instance, 'system')),
    instanceStatus: checkShape(checkOf(instance, 'instance')),
    attachedEbsStatus: checkShape(checkOf(instance, 'ebs')),
    eventsSet: items(
      scheduledEvents.map(({ code, notBefore, description }, index) => ({
        instanceEventId: `instance-event-${instanceId.slice(2)}${index}`,
        code,
        notBefore,
        description,
      })),
    ),
  };
}

/** Result of the reachability check by the summary's status; an instance that is not checked has none. */
const REACHABILITY: Readonly<Record<CheckResult['status'], string | undefined>> = {
  ok: 'passed',
  impaired: 'failed',
  'insufficient-data': 'insufficient-data',
  initializing: 'initializing',
  'not-applicable': undefined,
};

function checkShape({ status, impairedSince }: CheckResult): Record<string, unknown> {
  const result = REACHABILITY[status];
  if (result === undefined) return { status };
  const detail = { name: 'reachability', status: result, ...(impairedSince && { impairedSince }) };
  return { status, details: items([detail]) };
}
