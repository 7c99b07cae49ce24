/** What drains cost, for people, within 80 columns. */
import { lefts, plainTable, rights } from '../../command/plain-table.ts';
import type { CostRow } from './blocked-drain.ts';

export function costTable(rows: readonly CostRow[]): string {
  const figures = rights('billed s', 'suspended s', 'invocations', 'operations', 'dollars');
  return plainTable(
    [...rights('blocked for'), ...lefts('result'), ...figures],
    rows.map(({ minutes, result, billedSeconds, suspendedSeconds, invocations, operations, dollars }) => [
      `${minutes} min`,
      result,
      billedSeconds,
      suspendedSeconds,
      invocations,
      operations,
      dollars.toFixed(4),
    ]),
  );
}
