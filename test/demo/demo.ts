/**
 * `npm run demo`: runs a scenario on embedded peers, or drains a node of the user's own cluster, and shows what happens.
 * Exit status 0 only if all that it expects holds.
 */
import { OwnClusterFault } from '../peers/own-cluster/fault.ts';
import { askInTerminal } from './confirmation.ts';
import { jsonTelling } from './json-telling.ts';
import { drainOwnNode } from './own-cluster.ts';
import { SCENARIOS, type Telling } from './scenario.ts';
import { spokenTelling } from './spoken-telling.ts';
import { readOptions, usage, WrongUsage, type Options } from './options.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options.help) return print(usage());
    const telling = options.json ? jsonTelling((line) => void print(line)) : spokenTelling(process.stdout);
    return await (options.own === undefined ? runScenario(options.scenario, telling) : runOwn(options, telling));
  } catch (error) {
    if (error instanceof WrongUsage) return complain(2, error.message, '', usage());
    if (error instanceof OwnClusterFault) return complain(1, error.message, ...error.fix.map((line) => `  ${line}`));
    throw error;
  }
}

async function runScenario(name: string, telling: Telling): Promise<number> {
  const chosen = SCENARIOS[name];
  const outcome = await chosen?.run(telling);
  return outcome?.ok === true ? 0 : 1;
}

async function runOwn({ own, json, yes }: Options, telling: Telling): Promise<number> {
  if (own === undefined) return 2;
  // With --json the standard output is for events alone.
  const aside = json ? process.stderr : process.stdout;
  const interruption = new AbortController();
  const interrupt = (): void => {
    interruption.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  return await drainOwnNode(own, {
    telling,
    interrupted: interruption.signal,
    say: (line) => void aside.write(`${line}\n`),
    confirm: async (question) => {
      if (yes) return interruption.signal.aborted ? 'interrupted' : 'yes';
      if (isTerminal) return await askInTerminal(question, { input: process.stdin, output: aside });
      throw new OwnClusterFault('nobody can be asked here, because this is no terminal', [
        'say --yes if the node above is to be drained',
      ]);
    },
  });
}

function print(line: string): number {
  process.stdout.write(`${line}\n`);
  return 0;
}

function complain(status: number, fault: string, ...lines: string[]): number {
  process.stderr.write(`demo: ${[fault, ...lines].join('\n')}\n`);
  return status;
}
