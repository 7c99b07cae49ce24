/** The processes of a group that somebody has suspended. */
import { AwsError } from '../wire/aws-error.ts';
import type { Group } from './group.ts';

export const PROCESSES = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
] as const;
export type Process = (typeof PROCESSES)[number];

/** @param names empty: all */
export function processesNamed(names: readonly string[]): Process[] {
  if (names.length === 0) return [...PROCESSES];
  return names.map((name) => {
    const process = PROCESSES.find((each) => each === name);
    if (process === undefined) throw new AwsError('ValidationError', `${name} is not a valid process type`);
    return process;
  });
}

export function suspendedShapes(group: Group): Record<string, unknown>[] {
  return [...group.suspended].map(([process, since]) => ({
    ProcessName: process,
    SuspensionReason: `User suspended at ${since.toISOString()}`,
  }));
}
