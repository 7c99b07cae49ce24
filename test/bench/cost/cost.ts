/**
 * `npm run -s cost`: what a drain costs that its budget blocks for 5 minutes, 1, 12 and 48 hours. The shipped bundle runs
 * on the embedded peers under the driven clock; billed time, invocations and durable operations are counted there.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { print, runCommand, wholeNumber, WrongUsage } from '../../command/command.ts';
import type { Cost } from '../../demo/scenario.ts';
import { costOf, hasEnded, terminate } from '../../demo/staging/staging.ts';
import { driveUntil } from '../../driving/timelapse.ts';
import { Installation } from '../../installation.ts';
import { budgets } from '../../peers/kubernetes/resources.ts';

const USAGE = `npm run -s cost -- [--minutes LIST] [--heartbeat SECONDS] [--json]

Drains a node whose one budget allows nothing for so long, and says what the retirement cost:
  --minutes LIST       how long (default 5,60,720,2879; a hook ends after 48 h, 100 times its timeout at most)
  --heartbeat SECONDS  timeout of the lifecycle hook (default 1800)
  --json               prints the rows as JSON`;

const MINUTE_MS = 60_000;
const LONGEST_DRAIN_SECONDS = 172_800;
/** AWS ends a hook after so many of its heartbeat timeouts (contract 5.1). */
const MOST_HEARTBEATS = 100;

interface CostRow extends Cost {
  readonly minutes: number;
  readonly result: string;
}

process.exitCode = await runCommand('cost', USAGE, async () => {
  const { help, json, minutes, heartbeat } = readOptions(process.argv.slice(2));
  if (help) return print(USAGE);
  const rows: CostRow[] = [];
  for (const each of minutes) rows.push(await drainFor(each, heartbeat));
  return print(json ? JSON.stringify(rows, undefined, 2) : tableOf(rows));
});

/** A drain that can begin only after `minutes`. */
async function drainFor(minutes: number, heartbeatTimeoutSeconds: number): Promise<CostRow> {
  const drainTimeoutSeconds = Math.min(LONGEST_DRAIN_SECONDS, MOST_HEARTBEATS * heartbeatTimeoutSeconds);
  const group = { name: 'workers', heartbeatTimeoutSeconds, drainTimeoutSeconds };
  const configuration = { clusters: [{ name: 'shop', groups: [group] }] };
  const installation = await Installation.start({ configuration, nodes: 2 });
  try {
    const { aws, kubernetes, clock } = installation;
    const [instance = ''] = aws.autoScaling.instanceIds(group.name);
    const node = installation.nodeOf(instance);
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 3, nodes: [node] });
    kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 0 });
    await kubernetes.settle();
    clock.after(minutes * MINUTE_MS, () => {
      kubernetes.store.change(budgets, { namespace: 'shop', name: 'web' }, ({ spec }) => {
        spec.maxUnavailable = 1;
      });
    });
    await terminate(installation, instance);
    await driveUntil(installation, () => hasEnded(installation));
    return { minutes, result: resultOf(installation), ...costOf(installation) };
  } finally {
    await installation.stop();
  }
}

function resultOf({ events }: Installation): string {
  const finished = events.find((event) => event.type === 'retirement.finished');
  return finished?.type === 'retirement.finished' ? finished.result : 'did not finish';
}

function tableOf(rows: readonly CostRow[]): string {
  const table = new Table({
    head: ['blocked for', 'result', 'billed s', 'suspended s', 'invocations', 'operations', 'dollars'],
    style: { head: [], border: [], compact: true },
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { minutes, result, billedSeconds, suspendedSeconds, invocations, operations, dollars } of rows) {
    const figures = [billedSeconds, suspendedSeconds, invocations, operations, dollars.toFixed(4)];
    table.push([`${minutes} min`, result, ...figures]);
  }
  return table.toString();
}

/** @throws WrongUsage */
function readOptions(args: string[]) {
  const { minutes, heartbeat, ...switches } = parse(args);
  const each = minutes.split(',').map((text) => wholeNumber('--minutes', text));
  return { ...switches, minutes: each, heartbeat: wholeNumber('--heartbeat', heartbeat) };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '5,60,720,2879' },
        heartbeat: { type: 'string', default: '1800' },
      },
    }).values;
  } catch (error) {
    throw error instanceof Error ? new WrongUsage(error.message) : error;
  }
}
