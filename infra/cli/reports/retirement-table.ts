/** Running retirements for people: by group, and together if they wait for the same. */
import type { RetirementStatus } from '../functions/retirement-status.ts';
import { nodeList, type ListedNode } from './node-list.ts';
import { counted, duration, wrapped } from './report-words.ts';

/** @param now epoch milliseconds @param columns of the terminal: no line is wider, from 60 on */
export function retirementTable(statuses: readonly RetirementStatus[], now: number, columns: number): string {
  if (statuses.length === 0) return 'No retirement runs.';
  const sentence = `${counted(statuses.length, 'retirement')} ${statuses.length === 1 ? 'runs' : 'run'}.`;
  const listed = statuses.map((status) => listedNode(status, now));
  return [...wrapped(sentence, columns), ...nodeList(listed.toSorted(byWhatTheyShare), columns)].join('\n');
}

function listedNode(status: RetirementStatus, now: number): ListedNode {
  const { execution, node = execution, stageSince, deadline } = status;
  const left = deadline === undefined ? 'deadline unknown' : `${duration(deadline - now)} left`;
  return { above: [whose(status), doing(status)], cells: [node, `for ${duration(now - stageSince)}`, left] };
}

function whose({ cluster, group }: RetirementStatus): string {
  return group === undefined ? 'Not yet verified' : `Cluster ${cluster ?? 'unknown'}, group ${group}`;
}

function doing({ stage, paused, heldBy, waitingFor }: RetirementStatus): string {
  const held = heldBy.map(({ by, pods }) => `${by} (${counted(pods, 'pod')})`);
  return [
    `${stage}${paused ? ', paused by somebody' : ''}`,
    ...(held.length === 0 ? [] : [`held by ${held.join(', ')}`]),
    ...(waitingFor.length === 0 ? [] : [`waits for ${waitingFor.join(', ')}`]),
  ].join('; ');
}

function byWhatTheyShare(one: ListedNode, other: ListedNode): number {
  const [left = '', right = ''] = [one, other].map(({ above, cells }) => [...above, ...cells].join('\n'));
  return left < right ? -1 : Number(left > right);
}
