/**
 * `npm run -s retirements -- --function NAME`: what each running retirement is doing now, since when, held by what, and how
 * much time it has left.
 */
import { LambdaClient } from '@aws-sdk/client-lambda';
import Table from 'cli-table3';
import { parseArgs } from 'node:util';
import type { RetirementStatus } from './retirement-status.ts';
import { runningStatuses } from './running-retirements.ts';

const USAGE = `npm run -s retirements -- --function NAME [--node NAME] [--json]

  --function NAME  the retirement function: output RetirementFunction of the stack
  --node NAME      that node's retirement alone (or an instance id)
  --json           a line of JSON each`;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { function: { type: 'string' }, node: { type: 'string' }, json: { type: 'boolean', default: false } },
  });
  if (values.function === undefined) {
    console.error(`--function is missing\n\n${USAGE}`);
    return 2;
  }
  const all = await runningStatuses(new LambdaClient(), values.function);
  const { node } = values;
  const wanted = all.filter((each) => node === undefined || each.node === node || each.execution.includes(node));
  if (values.json) for (const status of wanted) console.log(JSON.stringify(status));
  else console.log(wanted.length === 0 ? 'No retirement runs.' : inWords(wanted));
  return 0;
}

function inWords(statuses: readonly RetirementStatus[]): string {
  const table = new Table({
    head: ['node', 'group', 'doing', 'since', 'time left', 'waits for', 'held by'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [30, 20, 12, 10, 10, 30, 34],
  });
  for (const status of statuses) {
    const { execution, node = execution, group = '?', stage, stageSince, deadline, waitingFor, heldBy } = status;
    const left = deadline === undefined ? '?' : duration(deadline - Date.now());
    const held = heldBy.map(({ by, pods }) => `${by} (${pods})`).join(', ');
    table.push([node, group, stage, duration(Date.now() - stageSince), left, waitingFor.join(', '), held]);
  }
  return table.toString();
}

/** `3 h 12 min`, `45 s`. */
function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
