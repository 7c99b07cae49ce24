/**
 * `npm run demo`: runs a scenario on embedded peers, or drains a node of the user's own cluster, and shows what happens.
 * Exit status 0 only if all that it expects holds.
 *
 * What a command line needs is loaded when it is needed: `--help` and refusals answer at once.
 */
import { print, runCommand } from '../command/command.ts';
import { readOptions, usage, type Options } from './options.ts';
import { SCENARIOS } from './scenario-list.ts';
import type { Telling } from './scenario.ts';

process.exitCode = await runCommand('demo', usage(), async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return print(usage());
  if (options.own === undefined) return await runScenario(options);
  const [{ drainOwnNode }, { terminalStage }] = await Promise.all([
    import('./own-cluster/own-cluster.ts'),
    import('../command/terminal-stage.ts'),
  ]);
  return await drainOwnNode(options.own, { ...terminalStage(options), telling: await tellingFor(options) });
});

async function runScenario(options: Options): Promise<number> {
  if (!options.json) print(`Loading the scenario ${options.scenario} …`);
  const telling = await tellingFor(options);
  const { bundleAll } = await import('../../infra/bundling/function-bundle.ts');
  const bundled = bundleAll(({ length }) => telling.step?.(`Building ${length} functions`));
  const [chosen] = await Promise.all([SCENARIOS[options.scenario].load(), bundled]);
  const watched = !options.json && process.stdout.isTTY;
  const outcome = await chosen.run(telling, { ...options, watched });
  return outcome.ok ? 0 : 1;
}

async function tellingFor({ json }: Options): Promise<Telling> {
  if (json) return (await import('./telling/json-telling.ts')).jsonTelling((line) => void print(line));
  return (await import('./telling/spoken-telling.ts')).spokenTelling(process.stdout);
}
