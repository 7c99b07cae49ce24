/**
 * `npm run -s scan-bench`: what a look at all nodes of a cluster takes: seconds, CPU, memory and requests of the shipped
 * function, as a table or as JSON.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { print, runCommand, wholeNumber, WrongUsage } from '../../command/command.ts';
import { MEMORY_MEGABYTES } from '../../../infra/bundling/drift-memory.ts';
import { measureScan, SCANS, type Scan, type ScanMeasurement } from './scan-measurement.ts';

const USAGE = `npm run -s scan-bench -- [--scans LIST] [--nodes LIST] [--passes COUNT] [--json]

Runs the drift tainter against local servers that tell of so many nodes:
  --scans LIST    steady: no node is out of date; waiting: nine of ten are, and are marked so already;
                  marking: they are marked now; dry: they would be (default all four)
  --nodes LIST    how many (default 500,5000,15000)
  --passes COUNT  runs in one sandbox, of which the first is cold (default 2)
  --json          prints the rows as JSON`;

/** Of one vCPU; a function has it in proportion to its memory (Lambda developer guide). */
const MEMORY_OF_A_CPU = 1_769;

const FIGURES = ['s', 'CPU s', 'Lambda s', 'MB', 'above', 'Kubernetes', 'AWS', 'answer MB'];

process.exitCode = await runCommand('scan-bench', USAGE, async () => {
  const { help, json, scans, nodes, passes } = readOptions(process.argv.slice(2));
  if (help) return print(USAGE);
  const rows: ScanMeasurement[] = [];
  for (const scan of scans) for (const each of nodes) rows.push(await measureScan(scan, each, passes));
  return print(json ? JSON.stringify(rows, undefined, 2) : inWords(rows));
});

function inWords(rows: readonly ScanMeasurement[]): string {
  const [first] = rows;
  const { json = 0, wire = 0, instance = 0 } = first?.bytes ?? {};
  return [
    tableOf(rows),
    `A node is ${json} bytes of JSON (${wire} compressed), an instance ${instance} bytes of XML.`,
    `Lambda s: on the ${Math.round((100 * MEMORY_MEGABYTES) / MEMORY_OF_A_CPU)} % of a CPU that ${MEMORY_MEGABYTES} MB come with, waiting left out.`,
    `MB: the most resident memory; above: without that of a process that has loaded nothing.`,
  ].join('\n');
}

function tableOf(rows: readonly ScanMeasurement[]): string {
  const table = new Table({
    head: ['scan', 'nodes', 'run', ...FIGURES],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'left', ...FIGURES.map(() => 'right' as const)],
  });
  for (const row of rows) {
    const { scan, nodes, passes, peakMegabytes: peak, bareMegabytes: bare, answerMegabytes } = row;
    const requests = [sum(row.kubernetesRequests), sum(row.awsRequests)].map(Math.round);
    for (const [index, { seconds, cpuSeconds }] of passes.entries()) {
      const times = [seconds, cpuSeconds, lambdaSeconds(cpuSeconds)].map((each) => each.toFixed(1));
      const rest = index === 0 ? [peak, peak - bare, ...requests, answerMegabytes] : [];
      table.push([...(index === 0 ? [scan, nodes, 'cold'] : ['', '', 'warm']), ...times, ...rest]);
    }
    const per = (value: number): string => ((value * 1_000) / nodes).toFixed(1);
    const cpu = passes.at(-1)?.cpuSeconds ?? 0;
    const times = ['', per(cpu), per(lambdaSeconds(cpu))];
    table.push(['', '', 'per 1,000', ...times, '', per(peak - bare), ...requests.map(per), per(answerMegabytes)]);
  }
  return table.toString();
}

function lambdaSeconds(cpuSeconds: number): number {
  return (cpuSeconds * MEMORY_OF_A_CPU) / MEMORY_MEGABYTES;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}

/** @throws WrongUsage */
function readOptions(args: string[]) {
  const { scans, nodes, passes, ...switches } = parse(args);
  return {
    ...switches,
    scans: scans.split(',').map(scanOf),
    nodes: nodes.split(',').map((text) => wholeNumber('--nodes', text)),
    passes: wholeNumber('--passes', passes),
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        json: { type: 'boolean', default: false },
        scans: { type: 'string', default: Object.keys(SCANS).join() },
        nodes: { type: 'string', default: '500,5000,15000' },
        passes: { type: 'string', default: '2' },
      },
    }).values;
  } catch (error) {
    throw error instanceof Error ? new WrongUsage(error.message) : error;
  }
}

function scanOf(text: string): Scan {
  if (text in SCANS) return text as Scan;
  throw new WrongUsage(`--scans takes ${Object.keys(SCANS).join(', ')}, not ${JSON.stringify(text)}`);
}
