/** `ebb retire --function`: has the deployed operator begin one node's retirement (contract 10.4, 10.6). */
import type { Command } from 'commander';
import type { AcceptedRetirement } from '../../../lambdas/core/operator/outcome.ts';
import type { ExitStatus } from '../exit-status.ts';
import { OPERATOR } from '../functions/asked-functions.ts';
import { printAnswer } from '../functions/function-command.ts';
import { checkedRetirement, faultsOfOptions, wrongUsage } from '../read-rotation-options.ts';
import { RETIREMENT_OPTIONS } from '../rotation-options.ts';
import { answerOf, askOperator } from './ask-operator.ts';
import { commandFor } from './command-for.ts';
import type { OperatorOptions } from './operator-options.ts';

export async function retireDeployed(options: OperatorOptions, command: Command): Promise<ExitStatus> {
  const { input, faults } = checkedRetirement(options);
  wrongUsage(command, faults);
  return await printAnswer(OPERATOR, options.function, async () => {
    const asked = await askOperator({ action: 'retire', request: input }, options);
    const begun = answerOf(asked, (found) => faultsOfOptions(found, RETIREMENT_OPTIONS, options));
    return { text: options.json === true ? JSON.stringify(begun) : textOf(begun, options) };
  });
}

function textOf({ node, cluster, execution, already }: AcceptedRetirement, options: OperatorOptions): string {
  const begun = already ? 'is being retired already' : 'is retired';
  return [
    `${node} of ${cluster} ${begun}, as ${execution}.`,
    'How far it is:',
    `  ${commandFor('status', `--node ${node}`, options)} --cluster ${cluster}`,
  ].join('\n');
}
