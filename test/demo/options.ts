/** The demo's command line. */
import { parseArgs } from 'node:util';
import { orWrongUsage, WrongUsage } from '../command/command.ts';
import { DEFAULT_DRAIN_TIMEOUT, drainTimeout, LONGEST_DRAIN, SHORTEST_DRAIN } from './own-cluster/drain-timeout.ts';
import type { OwnClusterOptions } from './own-cluster/own-cluster-stage.ts';
import type { ScenarioOptions } from './scenario.ts';
import { isScenario, SCENARIOS, type ScenarioName } from './scenario-list.ts';

export interface Options extends Omit<ScenarioOptions, 'watched'> {
  readonly help: boolean;
  readonly json: boolean;
  readonly yes: boolean;
  readonly scenario: ScenarioName;
  /** Instead of a scenario: a node of the user's own cluster. */
  readonly own: OwnClusterOptions | undefined;
}

const DEFAULT_SCENARIO = 'lifecycle';

/** Options that only one scenario has. */
const SCENARIO_OPTIONS = [
  ['without-withdraw', 'traffic'],
  ['dry-run', 'drift'],
  ['fail-replacement', 'rotation'],
  ['kill', 'rotation'],
] as const;

/** @throws WrongUsage */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args);
  const { help, json, yes, scenario, kill } = values;
  const { 'without-withdraw': withoutWithdraw, 'dry-run': dryRun, 'fail-replacement': failReplacement } = values;
  const own = ownOptions(values);
  if (own !== undefined && scenario !== undefined)
    throw new WrongUsage('--scenario and --kubeconfig exclude each other');
  const name = scenario ?? DEFAULT_SCENARIO;
  if (!isScenario(name)) throw new WrongUsage(`there is no scenario ${JSON.stringify(name)}`);
  for (const [option, goesWith] of SCENARIO_OPTIONS) {
    if (values[option] && name !== goesWith) throw new WrongUsage(`--${option} goes with --scenario ${goesWith}`);
  }
  return { help, json, yes, scenario: name, own, withdraw: !withoutWithdraw, dryRun, failReplacement, kill };
}

export function usage(): string {
  const scenarios = Object.entries(SCENARIOS).map(([name, { summary }]) => `  ${name.padEnd(12)}${summary}`);
  return [
    'npm run demo -- [--scenario NAME] [--without-withdraw] [--dry-run] [--fail-replacement] [--kill] [--json]',
    'npm run demo -- --kubeconfig FILE --node NAME [--yes] [--keep-isolated] [--drain-timeout SECONDS] [--json]',
    '',
    'Scenarios, on embedded peers:',
    ...scenarios,
    '',
    '  --without-withdraw  of the scenario traffic: leaves the node in its load balancers, for comparison',
    '  --fail-replacement  of the scenario rotation: new nodes are never Ready, so all is put back',
    '  --kill              of the scenario rotation: both functions are killed again and again',
    '  --dry-run           of the scenario drift: tells which nodes would go, and when, and changes nothing',
    '',
    'A node of your own cluster (kind, k3s, any API server) in place of the embedded one:',
    '  --kubeconfig FILE        its current context is used',
    '  --node NAME              is drained as if its machine were an instance that is terminated; the machine stays',
    '  --yes                    does not ask first; without a terminal it is needed',
    '  --keep-isolated          leaves the node cordoned and tainted; else it is put back as it was',
    `  --drain-timeout SECONDS  what has not gone by then is deleted past its budgets (${SHORTEST_DRAIN}-${LONGEST_DRAIN}, default ${DEFAULT_DRAIN_TIMEOUT})`,
    '',
    '--json prints the domain events, a line each, and the outcome last; use it with npm run -s.',
  ].join('\n');
}

function parse(args: readonly string[]) {
  return orWrongUsage(
    () =>
      parseArgs({
        args: [...args],
        options: {
          scenario: { type: 'string' },
          'without-withdraw': { type: 'boolean', default: false },
          'dry-run': { type: 'boolean', default: false },
          'fail-replacement': { type: 'boolean', default: false },
          kill: { type: 'boolean', default: false },
          json: { type: 'boolean', default: false },
          help: { type: 'boolean', short: 'h', default: false },
          kubeconfig: { type: 'string' },
          node: { type: 'string' },
          yes: { type: 'boolean', short: 'y', default: false },
          'keep-isolated': { type: 'boolean', default: false },
          'drain-timeout': { type: 'string' },
        },
      }).values,
  );
}

type Values = ReturnType<typeof parse>;

function ownOptions(values: Values): OwnClusterOptions | undefined {
  const { kubeconfig, node, 'keep-isolated': keepIsolated, 'drain-timeout': timeout } = values;
  if (kubeconfig === undefined) {
    if (node !== undefined || keepIsolated || timeout !== undefined || values.yes)
      throw new WrongUsage('--node, --yes, --keep-isolated and --drain-timeout go with --kubeconfig');
    return undefined;
  }
  if (!node) throw new WrongUsage('--kubeconfig needs --node: the name of the node to drain');
  return { kubeconfig, node, keepIsolated, drainTimeoutSeconds: drainTimeout(timeout) };
}
