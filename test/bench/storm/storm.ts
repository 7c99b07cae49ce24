/**
 * `npm run -s storm-bench`: thousands of instances that are to leave within seconds. The shipped workflows run on the driven
 * clock against AWS's rates, with clusters in memory.
 */
import { parseArgs } from 'node:util';
import { print, runCommand, wholeNumber, orWrongUsage } from '../../command/command.ts';
import { Progress } from '../../command/progress.ts';

const USAGE = `npm run -s storm-bench -- [--notices N] [--seconds S] [--clusters N] [--auto-scaling RATE] [--json]

Lets go many instances at once, and says how many were lost, drained twice, and how soon each was isolated:
  --notices N          how many (default 5000)
  --seconds S          within which (default 10)
  --clusters N         spread over so many (default 50), each with 200 nodes that stay
  --auto-scaling RATE  calls a second that Auto Scaling allows (default 100; AWS publishes no limit)
  --json               prints the figures as JSON`;

process.exitCode = await runCommand('storm-bench', USAGE, async () => {
  const { help, json, ...plan } = readOptions(process.argv.slice(2));
  if (help) return print(USAGE);
  const progress = new Progress(1, { quiet: json });
  const [{ runStorm }, { stormTable }] = await Promise.all([import('./storm-run.ts'), import('./storm-table.ts')]);
  progress.next(`${plan.notices} notices within ${plan.seconds} s`);
  const result = await runStorm({ ...plan, stay: 200, podsPerNode: 3 });
  progress.done();
  return print(json ? JSON.stringify(result, undefined, 2) : stormTable(result));
});

/** @throws WrongUsage */
function readOptions(args: string[]) {
  const { notices, seconds, clusters, 'auto-scaling': autoScaling, ...switches } = parse(args);
  return {
    ...switches,
    notices: wholeNumber('--notices', notices),
    seconds: wholeNumber('--seconds', seconds),
    clusters: wholeNumber('--clusters', clusters),
    autoScaling: wholeNumber('--auto-scaling', autoScaling),
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
          notices: { type: 'string', default: '5000' },
          seconds: { type: 'string', default: '10' },
          clusters: { type: 'string', default: '50' },
          'auto-scaling': { type: 'string', default: '100' },
        },
      }).values,
  );
}
