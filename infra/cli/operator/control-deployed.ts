/** `ebb pause`, `ebb resume` and `ebb stop`: say what is wanted of a rotation that runs (contract 10.3). */
import type { ExitStatus } from '../exit-status.ts';
import { OPERATOR } from '../functions/asked-functions.ts';
import { printAnswer } from '../functions/function-command.ts';
import { answerOf, askOperator } from './ask-operator.ts';
import type { ControlAction, OperatorOptions } from './operator-options.ts';

const BECOMES: Readonly<Record<ControlAction, string>> = {
  pause: 'begins nothing more until it is resumed; its nodes in hand are finished',
  resume: 'goes on',
  stop: 'ends once its nodes in hand are done',
};

export function controlDeployed(
  action: ControlAction,
  rotation: string,
  options: OperatorOptions,
): Promise<ExitStatus> {
  return printAnswer(OPERATOR, options.function, async () => {
    const answer = answerOf(await askOperator({ action, rotation }, options));
    const { id, cluster } = answer;
    return {
      text: options.json === true ? JSON.stringify(answer) : `Rotation ${id} of ${cluster} ${BECOMES[action]}.`,
    };
  });
}
