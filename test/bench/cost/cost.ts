/**
 * `npm run -s cost`: what a drain costs that its budget blocks for 5 minutes, 1, 12 and 48 hours. The shipped bundle runs
 * on the embedded peers under the driven clock; billed time, invocations and durable operations are counted there.
 */
import { parseArgs } from 'node:util';
import { print, runCommand, wholeNumber, orWrongUsage } from '../../command/command.ts';
import { Progress } from '../../command/progress.ts';
import type { CostRow } from './blocked-drain.ts';

const USAGE = `npm run -s cost -- [--minutes LIST] [--heartbeat SECONDS] [--json]

Drains a node whose one budget allows nothing for so long, and says what the retirement cost:
  --minutes LIST       how long (default 5,60,720,2879; a hook ends after 48 h, 100 times its timeout at most)
  --heartbeat SECONDS  timeout of the lifecycle hook (default 1800)
  --json               prints the rows as JSON`;

process.exitCode = await runCommand('cost', USAGE, async () => {
  const { help, json, minutes, heartbeat } = readOptions(process.argv.slice(2));
  if (help) return print(USAGE);
  const progress = new Progress(minutes.length, { quiet: json });
  const [{ drainBlockedFor }, { costTable }] = await Promise.all([
    import('./blocked-drain.ts'),
    import('./cost-table.ts'),
  ]);
  const rows: CostRow[] = [];
  for (const each of minutes) {
    progress.next(`a drain that is blocked for ${each} min`);
    rows.push(await drainBlockedFor(each, heartbeat, progress.part));
  }
  progress.done();
  return print(json ? JSON.stringify(rows, undefined, 2) : costTable(rows));
});

/** @throws WrongUsage */
function readOptions(args: string[]) {
  const { minutes, heartbeat, ...switches } = parse(args);
  const each = minutes.split(',').map((text) => wholeNumber('--minutes', text));
  return { ...switches, minutes: each, heartbeat: wholeNumber('--heartbeat', heartbeat) };
}

function parse(args: string[]) {
  return orWrongUsage(
    () =>
      parseArgs({
        args,
        options: {
          help: { type: 'boolean', short: 'h', default: false },
          json: { type: 'boolean', default: false },
          minutes: { type: 'string', default: '5,60,720,2879' },
          heartbeat: { type: 'string', default: '1800' },
        },
      }).values,
  );
}
