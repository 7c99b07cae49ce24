/** Which of the promises (faults P1–P6) a retirement over the wire has broken, by what the peers saw of it. */
import { SECOND } from '../given.ts';
import type { Seen } from './retirement.ts';
import { GROUPS, type ShippedScenario } from './scenarios.ts';

/** @returns the broken promises, in words */
export function judgeOnPeers(seen: Seen, scenario: ShippedScenario): string[] {
  // The event tells whole seconds: its retirement begins up to one earlier.
  const startedAt = seen.begunAt - SECOND;
  const deadline = startedAt + GROUPS[scenario.group].drainTimeoutSeconds * SECOND;
  return [
    ...judgeHook(seen),
    ...judgePods(seen, deadline),
    ...judgeBudgets(seen, forcedFrom(scenario, { startedAt, deadline })),
    ...judgeMarks(seen, scenario),
  ];
}

/** The first force point of its pods, by contract 5.3. */
function forcedFrom({ workloads }: ShippedScenario, span: { startedAt: number; deadline: number }): number {
  const { startedAt, deadline } = span;
  const longestGrace = Math.max(10, ...workloads.map(({ graceSeconds }) => graceSeconds));
  return Math.max(deadline - longestGrace * SECOND, (startedAt + deadline) / 2);
}

function judgeHook({ executions, completions, lateHeartbeats, state }: Seen): string[] {
  const ends = executions.map(({ status, result }) => `${status} ${result ?? ''}`);
  const isRetired = ends.length === 1 && ends.every((end) => /^SUCCEEDED .*"(drained|forced)"/.test(end));
  const how = completions.map((completion) => completion.how);
  return [
    ...(isRetired ? [] : [`P4: it ends ${ends.join(', ')}`]),
    ...(how.join() === 'CONTINUE by call' ? [] : [`P1: the hook is completed ${how.join(', ') || 'by nobody'}`]),
    ...(lateHeartbeats === 0 ? [] : [`P1: ${lateHeartbeats} heartbeats are late`]),
    ...(state === 'Terminated' || state === 'Terminating:Proceed' ? [] : [`P6: the instance is ${state}`]),
  ];
}

function judgePods({ sentAway, node, cordonedAt, completions, leftBehind }: Seen, deadline: number): string[] {
  const [released] = completions;
  const isEarly = released !== undefined && released.at < deadline;
  return [
    ...sentAway.filter((life) => life.node !== node).map(({ pod }) => `P2: ${pod} is sent away from another node`),
    ...sentAway
      .filter(({ terminating = NaN }) => !(terminating >= cordonedAt))
      .map(({ pod }) => `3.3: ${pod} is sent away before its node is isolated`),
    ...(isEarly ? leftBehind.map((pod) => `P1: released with time left and ${pod} on it`) : []),
  ];
}

function judgeBudgets({ violations }: Seen, from: number): string[] {
  return violations
    .filter(({ at }) => at < from)
    .map(({ workload, at }) => `P3: ${workload} falls too low ${(from - at) / SECOND} s before the force point`);
}

function judgeMarks({ marks }: Seen, { marked }: ShippedScenario): string[] {
  const lost = marked ? ['team=shop', 'dedicated:PreferNoSchedule'].filter((mark) => !marks.includes(mark)) : [];
  return lost.map((mark) => `P6: ${mark} is somebody else's, and was taken off`);
}
