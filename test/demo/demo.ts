/**
 * `npm run demo`: runs a scenario on embedded peers, or drains a node of the user's own cluster, and shows what happens.
 * Exit status 0 only if all that it expects holds.
 */
import { print, runCommand } from '../command/command.ts';
import { jsonTelling } from './telling/json-telling.ts';
import { readOptions, usage } from './options.ts';
import { drainOwnNode } from './own-cluster/own-cluster.ts';
import { SCENARIOS, type ScenarioOptions, type Telling } from './scenario.ts';
import { spokenTelling } from './telling/spoken-telling.ts';
import { terminalStage } from '../command/terminal-stage.ts';

process.exitCode = await runCommand('demo', usage(), async () => {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return print(usage());
  const telling = options.json ? jsonTelling((line) => void print(line)) : spokenTelling(process.stdout);
  if (options.own === undefined) return await runScenario(options.scenario, telling, options);
  return await drainOwnNode(options.own, { ...terminalStage(options), telling });
});

async function runScenario(name: string, telling: Telling, options: ScenarioOptions): Promise<number> {
  const chosen = SCENARIOS[name];
  const outcome = await chosen?.run(telling, options);
  return outcome?.ok === true ? 0 : 1;
}
