/** What keeps a rotation from beginning at all, each with the field and what to do: found before anything changes. */
import { rotatedGroups } from '../../core/rotation/rotation-groups.ts';
import { unknownAlarms } from '../../core/rotation/alarm-gate.ts';
import type { StepFacts } from '../../core/rotation/next-step.ts';
import type { Capacity } from '../ports/auto-scaling.ts';
import type { Alarms } from '../ports/cloudwatch.ts';

export interface FaultPorts {
  readonly capacity: Pick<Capacity, 'bounds'>;
  readonly alarms: Alarms;
}

export async function faultsOfPlan(facts: StepFacts, { capacity, alarms }: FaultPorts): Promise<readonly string[]> {
  const { request, groups, foreign, cluster } = facts;
  const faults = (request.groups ?? []).flatMap((name) => {
    const other = foreign.get(name);
    if (other !== undefined) return [`groups: ${name} is left alone: ${other}`];
    if (groups.some((group) => group.name === name)) return [];
    return [
      `groups: ${name} is no enrolled group of ${cluster.name}: name one of ${groupsOf(facts).join(', ') || 'none'}`,
    ];
  });
  for (const { group, way, old } of rotatedGroups(facts)) {
    if (way !== 'surge' || old.length === 0) continue;
    const { max, desired } = (await capacity.bounds(group.name)) ?? { max: 0, desired: 0 };
    const most = max - desired;
    if (most < Math.min(request.maxSurge, old.length)) {
      const or = most > 0 ? `, or set maxSurge to ${most}` : '';
      faults.push(
        `maxSurge: node group ${group.name} has ${desired} of at most ${max} instances: raise its maximum${or}`,
      );
    }
  }
  return [...faults, ...(await faultsOfAlarms(request.alarmNames, alarms))];
}

async function faultsOfAlarms(names: readonly string[], alarms: Alarms): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const unknown = unknownAlarms(names, await alarms.named(names));
  return unknown.map(
    (name) => `alarmNames: ${name} is no CloudWatch alarm of this account and region: name one that there is`,
  );
}

function groupsOf({ groups, foreign }: StepFacts): string[] {
  return groups.filter(({ name }) => !foreign.has(name)).map(({ name }) => name);
}
