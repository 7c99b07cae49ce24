/** Options of the commands that ask the operator, and what they rule out. */
import type { Command } from 'commander';
import { OPERATOR } from '../functions/asked-functions.ts';
import type { LocalOptions } from '../local/local-options.ts';

/** As commander has read them, beside those of the request. */
export interface OperatorOptions extends LocalOptions {
  /** Name or ARN of the operator. */
  readonly function: string;
  readonly follow?: true;
}

/** What a person may want of a rotation that runs. */
export type ControlAction = 'pause' | 'resume' | 'stop';

const WHERE = `output ${OPERATOR.output} of the stack`;
const MISSING = `--function is missing: the name of ${OPERATOR.is}, ${WHERE}`;

/** Options that say something of this process alone, each with its attribute. */
const LOCAL_ONLY = [
  ['kubeconfig', '--kubeconfig'],
  ['context', '--context'],
  ['config', '--config'],
  ['since', '--since'],
] as const;

/** Adds what says which function is asked. */
export function addFunctionOption(command: Command): Command {
  return command.option('--function <NAME>', `name or ARN of ${OPERATOR.is}: ${WHERE}`);
}

/** Ends with wrong usage unless the operator is named. */
export function needFunction(command: Command): Command {
  return command.hook('preAction', () => {
    const { function: name = '' } = command.opts<Partial<OperatorOptions>>();
    if (name === '') command.error(`error: ${MISSING}`);
  });
}

/** Ends with wrong usage unless it is clear who carries the request out: the operator, or this process. */
export function needFunctionOrLocal(command: Command): Command {
  return command.hook('preAction', () => {
    const faults = faultsOf(command.opts<Partial<OperatorOptions>>());
    if (faults.length > 0) command.error(faults.map((fault) => `error: ${fault}`).join('\n'));
  });
}

function faultsOf(options: Partial<OperatorOptions>): string[] {
  const { function: name = '', local = false, follow = false } = options;
  if (local) {
    return [
      ...(name === '' ? [] : ['--function and --local contradict each other: leave one of them out']),
      ...(follow ? ['--follow is for --function: with --local all is told anyway'] : []),
    ];
  }
  const needless = LOCAL_ONLY.filter(([attribute]) => options[attribute] !== undefined);
  return [
    ...(name === '' ? [`${MISSING}; or --local, to run here`] : []),
    ...needless.map(([, flag]) => `${flag} is for --local alone`),
  ];
}
