/**
 * `npm run demo`: runs a scenario on embedded peers, or drains a node of the user's own cluster, and shows what happens.
 * Exit status 0 only if all that it expects holds.
 *
 * What a command line needs is loaded when it is needed: `--help` and refusals answer at once.
 */
import { print, runCommand } from '../command/command.ts';
import { readOptions, usage, type Options } from './options.ts';
import { runScenario } from './run-scenario.ts';
import type { Telling } from './scenario.ts';

process.exitCode = await runCommand('demo', usage(), async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return print(usage());
  if (options.own === undefined) return await runChosen(options);
  const [{ drainOwnNode }, { terminalStage }] = await Promise.all([
    import('./own-cluster/own-cluster.ts'),
    import('../command/terminal-stage.ts'),
  ]);
  return await drainOwnNode(options.own, { ...terminalStage(options), telling: await tellingFor(options) });
});

async function runChosen(options: Options): Promise<number> {
  if (!options.json) print(`Loading the scenario ${options.scenario} …`);
  const outcome = await runScenario(options, await tellingFor(options), !options.json && process.stdout.isTTY);
  return outcome.ok ? 0 : 1;
}

async function tellingFor({ json }: Options): Promise<Telling> {
  if (json) return (await import('./telling/json-telling.ts')).jsonTelling((line) => void print(line));
  return (await import('./telling/spoken-telling.ts')).spokenTelling(process.stdout);
}
