/** `npm run demo`: runs a scenario on embedded peers and shows what happens. Exit status 0 only if all that it expects holds. */
import { parseArgs } from 'node:util';
import { jsonTelling } from './json-telling.ts';
import { SCENARIOS } from './scenario.ts';
import { spokenTelling } from './spoken-telling.ts';

const DEFAULT_SCENARIO = 'lifecycle';

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { scenario, json, help } = options();
    if (help) return say(usage());
    const chosen = Object.hasOwn(SCENARIOS, scenario) ? SCENARIOS[scenario] : undefined;
    if (chosen === undefined) return refuse(`there is no scenario ${JSON.stringify(scenario)}`);
    const telling = json ? jsonTelling((line) => void say(line)) : spokenTelling(process.stdout);
    const outcome = await chosen.run(telling);
    return outcome.ok ? 0 : 1;
  } catch (error) {
    if (isUsageError(error)) return refuse(error.message);
    throw error;
  }
}

function options(): { scenario: string; json: boolean; help: boolean } {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', default: DEFAULT_SCENARIO },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return values;
}

function usage(): string {
  const scenarios = Object.entries(SCENARIOS).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`);
  return [
    'npm run demo -- [--scenario NAME] [--json]',
    '',
    'Scenarios:',
    ...scenarios,
    '',
    '--json prints the domain events, a line each, and the outcome last; use it with npm run -s.',
  ].join('\n');
}

function say(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}

function refuse(fault: string): number {
  process.stderr.write(`demo: ${fault}\n\n${usage()}\n`);
  return 2;
}

function isUsageError(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
