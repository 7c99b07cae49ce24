/** Prints what each running retirement does now, for how long, what holds it, and how much time it has left. */
import { LambdaClient } from '@aws-sdk/client-lambda';
import { createClient } from '../../../lambdas/adapters/aws/clients.ts';
import type { ExitStatus } from '../exit-status.ts';
import { outputColumns, printAnswer, type AskedFunction, type AskOptions } from './function-command.ts';
import { retirementTable } from '../reports/retirement-table.ts';
import { runningStatuses } from './running-retirements.ts';

/** @param options.node name of a node, or id of an instance @default all nodes */
export function showRetirements(
  asked: AskedFunction,
  { function: functionName, json, node }: AskOptions & { readonly node?: string },
): Promise<ExitStatus> {
  return printAnswer(asked, functionName, async () => {
    const all = await runningStatuses(createClient(LambdaClient), functionName);
    const wanted = all.filter((each) => node === undefined || each.node === node || each.execution.includes(node));
    if (json) return { text: wanted.map((status) => JSON.stringify(status)).join('\n') };
    return { text: retirementTable(wanted, Date.now(), outputColumns()) };
  });
}
