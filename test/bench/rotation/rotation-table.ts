/** What rotations took, for people, within 80 columns: a block for each. */
import { lefts, plainTable, rights } from '../../command/plain-table.ts';
import type { RotationMeasurement } from './rotate-fleet.ts';

export function rotationTable(rows: readonly RotationMeasurement[]): string {
  return rows.map(block).join('\n\n');
}

function block(row: RotationMeasurement): string {
  const { nodes, maxSurge, results, hours, left, forced, parts, retirement, requests, dollars } = row;
  const figures: [string, string][] = [
    ['result', results.join(', then ')],
    ['old nodes that are left', String(left)],
    ['pods forced', String(forced)],
    ['hours', hours.toFixed(2)],
    ['operations of each part of the rotation', parts.map(({ operations }) => operations).join(', ')],
    ['most operations of a retirement', String(retirement.operations)],
    ['largest checkpoint of the rotation, bytes', String(Math.max(...parts.map((part) => part.largestCheckpoint)))],
    ['largest checkpoint of a retirement, bytes', String(retirement.largestCheckpoint)],
    ['most that a part keeps, bytes', String(Math.max(...parts.map(({ storedBytes }) => storedBytes)))],
    ['requests to Kubernetes', String(requests.kubernetes)],
    ['requests to AWS', String(requests.aws)],
    [`  of these ${requests.mostOfAws.action}`, String(requests.mostOfAws.count)],
    ['dollars', dollars.toFixed(2)],
  ];
  return plainTable([...lefts(`${nodes} nodes, ${maxSurge} at a time`), ...rights('')], figures);
}
