/** `ebb rotate --function`: has the deployed operator begin a rotation, and follows it if asked to (contract 10.1, 10.6). */
import type { Command } from 'commander';
import type { AcceptedRotation } from '../../../lambdas/core/operator/outcome.ts';
import { DONE, type ExitStatus } from '../exit-status.ts';
import { OPERATOR } from '../functions/asked-functions.ts';
import { asking } from '../functions/function-command.ts';
import { checkedRotation, faultsOfOptions, wrongUsage } from '../read-rotation-options.ts';
import { ROTATION_OPTIONS } from '../rotation-options.ts';
import { answerOf, askOperator } from './ask-operator.ts';
import { commandFor } from './command-for.ts';
import { followRotation } from './follow-rotation.ts';
import type { OperatorOptions } from './operator-options.ts';

export async function rotateDeployed(options: OperatorOptions, command: Command): Promise<ExitStatus> {
  const { input, faults } = checkedRotation(options);
  wrongUsage(command, faults);
  return await asking(OPERATOR, options.function, async () => {
    const asked = await askOperator({ action: 'rotate', request: input }, options);
    const begun = answerOf(asked, (found) => faultsOfOptions(found, ROTATION_OPTIONS, options));
    // A dry run is a rotation that only plans: what it would do is in its status.
    const isFollowed = options.follow === true || begun.dryRun;
    if (options.json === true) console.log(JSON.stringify(begun));
    else console.log(textOf(begun, isFollowed, options));
    return isFollowed ? await followRotation(begun.id, { ...options, isNew: true }) : DONE;
  });
}

function textOf(
  { id, cluster, goesOn, dryRun }: AcceptedRotation,
  isFollowed: boolean,
  options: OperatorOptions,
): string {
  if (dryRun) return `Rotation ${id} of ${cluster} only plans.`;
  const begun = `Rotation ${id} of ${cluster} ${goesOn ? 'goes on from where it ended' : 'has begun'}.`;
  return isFollowed ? begun : `${begun}\nHow far it is:\n  ${commandFor('status', id, options)} --follow`;
}
