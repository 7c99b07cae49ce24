/**
 * `npm run -s retirements -- --function NAME`: what each running retirement is doing now, since when, held by what, and how
 * much time it has left.
 */
import { LambdaClient } from '@aws-sdk/client-lambda';
import Table from 'cli-table3';
import { createClient } from '../../lambdas/adapters/aws/clients.ts';
import { runFunctionCommand } from './function-command.ts';
import type { RetirementStatus } from './retirement-status.ts';
import { runningStatuses } from './running-retirements.ts';

process.exitCode = await runFunctionCommand(
  {
    command: 'npm run -s retirements',
    does: 'the retirement function',
    output: 'RetirementFunction',
    rights: ['lambda:ListDurableExecutionsByFunction', 'lambda:GetDurableExecutionHistory'],
    json: 'a line of JSON each',
    node: "that node's retirement alone (or an instance id)",
  },
  process.argv.slice(2),
  async ({ functionName, json, node }) => {
    const all = await runningStatuses(createClient(LambdaClient), functionName);
    const wanted = all.filter((each) => node === undefined || each.node === node || each.execution.includes(node));
    if (json) return wanted.map((status) => JSON.stringify(status)).join('\n');
    return wanted.length === 0 ? 'No retirement runs.' : inWords(wanted);
  },
);

function inWords(statuses: readonly RetirementStatus[]): string {
  const table = new Table({
    head: ['node', 'group', 'doing', 'since', 'time left', 'waits for', 'held by'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [30, 20, 12, 10, 10, 30, 34],
  });
  for (const status of statuses) {
    const { execution, node = execution, group = '?', paused, stageSince, deadline, waitingFor, heldBy } = status;
    const stage = paused ? `${status.stage}, paused` : status.stage;
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
