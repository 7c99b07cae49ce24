/** How far a rotation is, group by group: a bar for each group in a terminal, a line elsewhere, and the end. */
import type { GroupProgress, RotationProgress } from '../../../lambdas/core/rotation/rotation-progress.ts';
import { counted, fitted, nodeName, utc, wrapped } from './report-words.ts';

/** Columns of a group's name, and of its bar. */
const NAME_COLUMNS = 28;
const BAR_COLUMNS = 24;

/** `workers: 2 done, 1 in hand, 4 left`, and what could not be replaced. */
export function groupLine({ group, ...progress }: GroupProgress): string {
  return `${group}: ${numbers(progress)}`;
}

function numbers({ done, inHand, left, failed, kept }: Omit<GroupProgress, 'group'>): string {
  return [
    `${done} done`,
    ...(inHand > 0 ? [`${inHand} in hand`] : []),
    `${left} left`,
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(kept.length > 0 ? [`${kept.length} kept`] : []),
  ].join(', ');
}

/** A line with a bar for each group. @param columns no line is wider */
export function progressBars({ groups, waitingFor = [], expectedEnd }: RotationProgress, columns: number): string {
  const name = Math.min(NAME_COLUMNS, Math.max(8, ...groups.map(({ group }) => group.length)));
  const lines = groups.map((each) => `${fitted(each.group, name)}  ${bar(each)}  ${numbers(each)}`);
  // The bars show what is in hand.
  const isIdle = waitingFor.length > 0 && groups.every(({ inHand }) => inHand === 0);
  const waits = isIdle ? [`waits for ${waitingFor.join(', ')}`] : [];
  const end = expectedEnd === undefined ? [] : [`expected to end ${utc(expectedEnd)}`];
  return [...lines, ...waits, ...end].map((line) => fitted(line, columns).trimEnd()).join('\n');
}

/** Full for what is done, half for what is in hand. */
function bar({ done, inHand, left, failed, kept }: GroupProgress): string {
  const all = Math.max(1, done + inHand + left + failed.length + kept.length);
  const full = Math.floor((done / all) * BAR_COLUMNS);
  const half = Math.ceil((inHand / all) * BAR_COLUMNS);
  return `${'█'.repeat(full)}${'▒'.repeat(Math.min(half, BAR_COLUMNS - full))}`.padEnd(BAR_COLUMNS, '·');
}

/** The end of a rotation, or what a dry run would do: each group, and each node that was not replaced, with the reason. */
export function rotationEnd(result: string, { groups }: RotationProgress, columns: number): string {
  if (result === 'planned') return plan(groups);
  const lines = groups.flatMap((each) => [
    groupLine(each),
    ...each.failed.flatMap(({ node, reason }) => wrapped(`${nodeName(node)} failed: ${reason}`, columns, '  ')),
    ...each.kept.flatMap(({ node, reason }) => wrapped(`${nodeName(node)} is kept: ${reason}`, columns, '  ')),
  ]);
  return lines.join('\n');
}

const WAYS = {
  'in place': 'one by one, in place',
  detach: 'detached, so that a replacement is Ready first',
  surge: 'after more instances than it wants are Ready',
} as const;

function plan(groups: readonly GroupProgress[]): string {
  if (groups.length === 0) return 'No group would be rotated.';
  return groups
    .map(({ group, way, left, kept }) => {
      const staying = kept.length === 0 ? '' : `; ${counted(kept.length, 'node')} would be kept`;
      return `${group}: ${counted(left, 'node')} would be replaced, ${WAYS[way]}${staying}`;
    })
    .join('\n');
}
