/** What Ebb does with a node, for people. */
import type { NodeStatus } from '../../../lambdas/core/operator/outcome.ts';
import { duration, utc, wrapped } from './report-words.ts';
import type { Shown } from './rotation-status-report.ts';

export function nodeStatusText(status: NodeStatus, { now, columns }: Shown): string {
  const { coolDown, owner } = status;
  const sentences = [
    about(status),
    ...(owner === undefined ? [] : [`It is ${owner}’s, which makes and ends its nodes itself: Ebb leaves it alone.`]),
    ...retirement(status, now),
    ...(coolDown ? [`Left alone until ${utc(Date.parse(coolDown.until))}: ${coolDown.reason}`] : []),
    ...last(status),
  ];
  return sentences.flatMap((sentence) => wrapped(sentence, columns)).join('\n');
}

function about({ node, cluster, instance, group, ready, unschedulable }: NodeStatus): string {
  const inGroup = group === undefined ? [] : [`group ${group}`];
  const where = [`cluster ${cluster}`, ...inGroup, ...(instance === undefined ? [] : [instance])].join(', ');
  return `${node} (${where}) is ${ready ? 'Ready' : 'not Ready'}${unschedulable ? ' and cordoned' : ''}.`;
}

function retirement({ retirement: run }: NodeStatus, now: number): string[] {
  if (run === undefined) return [];
  const { execution, running, since, deadline, leftDrained } = run;
  if (leftDrained === true) return [`It is drained, and was left as it is by ${execution}.`];
  if (!running) return [`It bears the marks of ${execution}, which does not run any more.`];
  const time = since === undefined ? '' : `, for ${duration(now - Date.parse(since))}`;
  const left = deadline === undefined ? '' : `; ${duration(Date.parse(deadline) - now)} left`;
  return [`It is being retired by ${execution}${time}${left}.`];
}

function last({ lastRetirement: ended }: NodeStatus): string[] {
  if (ended === undefined) return [];
  const { execution, endedAt, succeeded, result = succeeded ? 'ended' : 'failed', reason } = ended;
  const why = reason === undefined ? '' : `: ${reason}`;
  return [`Its last retirement, ${execution}, ended ${utc(Date.parse(endedAt))} as ${result}${why}`];
}
