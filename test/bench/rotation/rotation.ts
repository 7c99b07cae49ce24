/**
 * `npm run -s rotation-bench`: what the rotation of a cluster takes: time, durable operations, what its runs keep, requests
 * and dollars. The shipped bundles run on the embedded peers under the driven clock.
 */
import { parseArgs } from 'node:util';
import { print, runCommand, wholeNumber, orWrongUsage, WrongUsage } from '../../command/command.ts';
import { Progress } from '../../command/progress.ts';
import type { RotationMeasurement } from './rotate-fleet.ts';

const USAGE = `npm run -s rotation-bench -- [--nodes LIST] [--max-surge NUMBER] [--stop] [--json]

Rotates a cluster of two groups, and says what that took:
  --nodes LIST        how many nodes, even numbers (default 1000)
  --max-surge NUMBER  nodes of a batch (default 10)
  --stop              stops half-way, and goes on with another version of the functions
  --json              prints the rows as JSON`;

process.exitCode = await runCommand('rotation-bench', USAGE, async () => {
  const { help, json, stop: stops, nodes, maxSurge } = readOptions(process.argv.slice(2));
  if (help) return print(USAGE);
  const progress = new Progress(nodes.length, { quiet: json });
  const [{ rotateFleet }, { rotationTable }] = await Promise.all([
    import('./rotate-fleet.ts'),
    import('./rotation-table.ts'),
  ]);
  const rows: RotationMeasurement[] = [];
  for (const each of nodes) {
    progress.next(`${each} nodes`);
    rows.push(await rotateFleet({ nodes: each, maxSurge, stops }, progress.part));
  }
  progress.done();
  print(json ? JSON.stringify(rows, undefined, 2) : rotationTable(rows));
  return rows.every(({ left, results }) => left === 0 && results.at(-1) === 'done') ? 0 : 1;
});

/** @throws WrongUsage */
function readOptions(args: string[]) {
  const { nodes, 'max-surge': surge, ...switches } = parse(args);
  const each = nodes.split(',').map((text) => wholeNumber('--nodes', text));
  const odd = each.find((count) => count % 2 !== 0);
  if (odd !== undefined) throw new WrongUsage(`--nodes takes even numbers, for two groups alike, not ${odd}`);
  return { ...switches, nodes: each, maxSurge: wholeNumber('--max-surge', surge) };
}

function parse(args: string[]) {
  return orWrongUsage(
    () =>
      parseArgs({
        args,
        options: {
          help: { type: 'boolean', short: 'h', default: false },
          json: { type: 'boolean', default: false },
          nodes: { type: 'string', default: '1000' },
          'max-surge': { type: 'string', default: '10' },
          stop: { type: 'boolean', default: false },
        },
      }).values,
  );
}
