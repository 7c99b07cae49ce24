/** DescribeInstanceStatus: the events that EC2 has scheduled. Status checks always pass. */
import { z } from 'zod';
import { AwsError } from '../wire/aws-error.ts';
import { items } from '../wire/answer.ts';
import { int, strings } from '../wire/fields.ts';
import { pageOf } from '../wire/paging.ts';
import { operation, type Operation } from '../wire/service.ts';
import { filters } from './filters.ts';
import type { Instance, Instances } from './instances.ts';

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
      answer: ({ InstanceId, Filter, IncludeAllInstances, MaxResults = 100, NextToken }) => {
        const named = InstanceId.length > 0 ? instances.getAll(InstanceId) : instances.all();
        const found = named
          .filter(({ state }) => IncludeAllInstances === 'true' || state === 'running')
          .filter((instance) =>
            Filter.every(({ Name, Value }) => {
              if (Name !== 'event.code') throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
              return instance.scheduledEvents.some(({ code }) => Value.includes(code));
            }),
          );
        const { page, nextToken } = pageOf(found, MaxResults, NextToken);
        return { instanceStatusSet: items(page.map(statusShape)), nextToken };
      },
    }),
  };
}

function statusShape({ instanceId, zone, scheduledEvents }: Instance): Record<string, unknown> {
  return {
    instanceId,
    availabilityZone: zone,
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
