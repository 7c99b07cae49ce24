/**
 * Dry runs of the drift tainter and of the sweep, for people: invokes the function so that it changes nothing, and
 * prints what it would do (contract 9.6).
 */
import * as z from 'zod/mini';
import type { SweepReport } from '../../../lambdas/core/disruption/sweep-report.ts';
import { answeredReport, type DriftAnswer } from '../../../lambdas/core/drift/answer.ts';
import type { DriftReport } from '../../../lambdas/core/drift/report.ts';
import type { ExitStatus } from '../exit-status.ts';
import { outputColumns, printAnswer, type AskedFunction, type AskOptions } from './function-command.ts';
import { invoke, notIts } from './invocation.ts';
import { driftTable } from '../reports/drift-table.ts';
import { sweepTable } from '../reports/sweep-table.ts';

interface DryRun<Report> {
  /** Checks that the answer is a report of that function. Only the fields that decide this are checked. */
  readonly schema: z.ZodMiniType;
  /** Turns the answer into the report. */
  readonly read: (answer: unknown) => Report;
  readonly table: (reports: readonly Report[], columns: number) => string;
}

const DRIFT: DryRun<DriftReport> = {
  schema: z.object({
    cluster: z.string(),
    at: z.number(),
    groups: z.array(z.unknown()),
    texts: z.array(z.string()),
    nodes: z.array(z.unknown()),
  }),
  read: (answer) => answeredReport(answer as DriftAnswer),
  table: driftTable,
};

const SWEEP: DryRun<SweepReport> = {
  schema: z.object({
    cluster: z.string(),
    at: z.number(),
    groups: z.optional(z.undefined()),
    nodes: z.array(z.unknown()),
  }),
  read: (answer) => answer as SweepReport,
  table: sweepTable,
};

/** Prints what has drifted, what would go now, and what the others wait for. */
export function showDrift(asked: AskedFunction, options: AskOptions): Promise<ExitStatus> {
  return showDryRun(DRIFT, asked, options);
}

/** Prints which nodes bear a drain taint, and what the sweep would do with each. */
export function showSweep(asked: AskedFunction, options: AskOptions): Promise<ExitStatus> {
  return showDryRun(SWEEP, asked, options);
}

function showDryRun<Report extends Looked>(
  run: DryRun<Report>,
  asked: AskedFunction,
  { function: functionName, json }: AskOptions,
): Promise<ExitStatus> {
  return printAnswer(asked, functionName, async () => {
    const reports = await dryRun(run, asked, functionName);
    const text = json
      ? reports.map((report) => JSON.stringify(report)).join('\n')
      : run.table(reports, outputColumns());
    const away = reports.filter((report) => report.away !== undefined);
    return { text, missing: away.map(({ cluster }) => `Cluster ${cluster} could not be looked at.`) };
  });
}

interface Looked {
  readonly cluster: string;
  /** Why the cluster could not be looked at, if so. */
  readonly away?: string | undefined;
}

/** Longest run of a function of Lambda. */
const LONGEST_RUN_SECONDS = 900;

async function dryRun<Report>(
  { schema, read }: DryRun<Report>,
  asked: AskedFunction,
  functionName: string,
): Promise<Report[]> {
  const body = await invoke({ dryRun: true }, { function: functionName, answerWithin: LONGEST_RUN_SECONDS });
  if (!Array.isArray(body) || !body.every((answer) => schema.safeParse(answer).success)) {
    throw notIts(asked, functionName, 'report');
  }
  return body.map(read);
}
