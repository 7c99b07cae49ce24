/** `ebb retire --local`: one node's retirement in this process (contract 10.4, 10.7). */
import type { Command } from 'commander';
import { retireNode, type NodeInput, type RetirementResult } from '../../../lambdas/entry/library/retire-node.ts';
import { DONE, FAILED, type ExitStatus } from '../exit-status.ts';
import { checkedRetirement, wrongUsage } from '../read-rotation-options.ts';
import { commandToGoOn } from './go-on.ts';
import { interruption } from './interruption.ts';
import { localFailure } from './local-failure.ts';
import { localMeans } from './local-means.ts';
import type { LocalOptions } from './local-options.ts';
import { localTelling, type LocalTelling } from './local-telling.ts';

export async function retireLocally(options: LocalOptions, command: Command): Promise<ExitStatus> {
  const input = read(options, command);
  const telling = localTelling(options.json === true);
  const signals = interruption({
    first: () => 'The node is finished. Ctrl-C again ends at once, and leaves it as it is.',
    second: () => leaving(telling),
  });
  try {
    const retired = await retireNode(input, {
      ...localMeans(input.cluster, options),
      onEvent: (event) => {
        telling.event(event);
      },
    });
    telling.end(retired, endText(retired));
    return retired.result === 'drained' ? DONE : FAILED;
  } catch (error) {
    telling.end({ result: 'failed', reason: localFailure(error) }, '');
    console.error(localFailure(error));
    return FAILED;
  } finally {
    signals[Symbol.dispose]();
  }
}

/** Ends with wrong usage, and every fault. */
function read(options: LocalOptions, command: Command): NodeInput {
  const { input, faults } = checkedRetirement(options);
  // The operator finds the cluster of a node by itself; here nothing says which clusters there are.
  const unnamed = input.cluster === undefined ? ['--cluster must be the name of the cluster, such as production'] : [];
  wrongUsage(command, [...unnamed, ...faults]);
  return input as NodeInput;
}

function leaving({ inHand }: LocalTelling): string {
  if (inHand.length === 0) return 'Nothing was changed.';
  return [`Left in the middle, isolated: ${inHand.join(', ')}.`, 'This finishes it:', `  ${commandToGoOn()}`].join(
    '\n',
  );
}

function endText({ instance, result, reason }: RetirementResult): string {
  return `${instance}: ${result}${reason === undefined ? '' : `: ${reason}`}`;
}
