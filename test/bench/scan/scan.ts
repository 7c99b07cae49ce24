/**
 * `npm run -s scan-bench`: what a look at all nodes of a cluster takes: seconds, CPU, memory and requests of the shipped
 * function, as a table or as JSON.
 */
import { parseArgs } from 'node:util';
import { print, runCommand, wholeNumber, orWrongUsage, WrongUsage } from '../../command/command.ts';
import { Progress } from '../../command/progress.ts';
import { SCANS, type Scan } from './scan-case.ts';
import type { ScanMeasurement } from './scan-measurement.ts';

const USAGE = `npm run -s scan-bench -- [--scans LIST] [--nodes LIST] [--passes COUNT] [--json]

Runs the drift tainter against local servers that tell of so many nodes:
  --scans LIST    steady: no node is out of date; waiting: nine of ten are, and are marked so already;
                  marking: they are marked now; dry: they would be (default all four)
  --nodes LIST    how many (default 500,5000,15000)
  --passes COUNT  runs in one sandbox, of which the first is cold (default 2)
  --json          prints the rows as JSON`;

process.exitCode = await runCommand('scan-bench', USAGE, async () => {
  const { help, json, scans, nodes, passes } = readOptions(process.argv.slice(2));
  if (help) return print(USAGE);
  const progress = new Progress(scans.length * nodes.length, { quiet: json });
  const [{ measureScan }, { scanTable }] = await Promise.all([
    import('./scan-measurement.ts'),
    import('./scan-table.ts'),
  ]);
  const rows: ScanMeasurement[] = [];
  for (const scan of scans) {
    for (const each of nodes) {
      progress.next(`${scan}, ${each} nodes`);
      rows.push(await measureScan(scan, each, passes));
    }
  }
  progress.done();
  return print(json ? JSON.stringify(rows, undefined, 2) : scanTable(rows));
});

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
  return orWrongUsage(
    () =>
      parseArgs({
        args,
        options: {
          help: { type: 'boolean', short: 'h', default: false },
          json: { type: 'boolean', default: false },
          scans: { type: 'string', default: Object.keys(SCANS).join() },
          nodes: { type: 'string', default: '500,5000,15000' },
          passes: { type: 'string', default: '2' },
        },
      }).values,
  );
}

function scanOf(text: string): Scan {
  if (text in SCANS) return text as Scan;
  throw new WrongUsage(`--scans takes ${Object.keys(SCANS).join(', ')}, not ${JSON.stringify(text)}`);
}
