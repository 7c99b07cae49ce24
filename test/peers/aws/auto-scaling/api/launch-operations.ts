/** The wire calls about what groups launch, and about what keeps them from it. */
import { z } from 'zod';
import { members } from '../../wire/answer.ts';
import { int, strings } from '../../wire/fields.ts';
import { pageOf } from '../../wire/paging.ts';
import { operation, type Operation } from '../../wire/service.ts';
import type { AutoScaling } from '../auto-scaling.ts';
import { groupResource } from './hook-operations.ts';
import { refreshShape } from '../instance-refreshes.ts';
import { configurationShape } from './launch-shapes.ts';
import { processesNamed } from '../suspension.ts';

const paging = { MaxRecords: int.min(1).max(100).optional(), NextToken: z.string().optional() };
const processes = z.object({ AutoScalingGroupName: z.string(), ScalingProcesses: strings });

export function launchOperations(service: AutoScaling): Record<string, Operation> {
  const resources = (input: { AutoScalingGroupName: string }) => groupResource(service, input.AutoScalingGroupName);
  return {
    DescribeLaunchConfigurations: operation({
      input: z.object({ LaunchConfigurationNames: strings.refine((names) => names.length <= 50), ...paging }),
      answer: ({ LaunchConfigurationNames: names, MaxRecords, NextToken }) => {
        const all = [...service.launching.configurations.values()];
        const found = all.filter(({ name }) => names.length === 0 || names.includes(name));
        const { page, nextToken } = pageOf(found, MaxRecords ?? 50, NextToken);
        return { LaunchConfigurations: members(page.map(configurationShape)), NextToken: nextToken };
      },
    }),
    DescribeInstanceRefreshes: operation({
      input: z.object({ AutoScalingGroupName: z.string(), InstanceRefreshIds: strings, ...paging }),
      answer: ({ AutoScalingGroupName, InstanceRefreshIds: ids, MaxRecords, NextToken }) => {
        const group = service.group(AutoScalingGroupName);
        const found = group.refreshes.filter(({ id }) => ids.length === 0 || ids.includes(id));
        const { page, nextToken } = pageOf(found, MaxRecords ?? 50, NextToken);
        return { InstanceRefreshes: members(page.map((each) => refreshShape(group, each))), NextToken: nextToken };
      },
    }),
    SuspendProcesses: operation({
      input: processes,
      resources,
      answer: ({ AutoScalingGroupName, ScalingProcesses }) => {
        service.suspend(AutoScalingGroupName, ...processesNamed(ScalingProcesses));
        return {};
      },
    }),
    ResumeProcesses: operation({
      input: processes,
      resources,
      answer: ({ AutoScalingGroupName, ScalingProcesses }) => {
        service.resume(AutoScalingGroupName, ...processesNamed(ScalingProcesses));
        return {};
      },
    }),
  };
}
