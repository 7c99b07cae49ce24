/** Commands that replace nodes: by the deployed operator, or in this process with --local. */
import type { Command } from 'commander';
import { addCommand, ending } from '../added-command.ts';
import { addLocalOptions } from '../local/local-options.ts';
import { addRetirementOptions, addRotationOptions } from '../rotation-options.ts';
import {
  addFunctionOption,
  needFunction,
  needFunctionOrLocal,
  type ControlAction,
  type OperatorOptions,
} from './operator-options.ts';

const WHO = '(--function <NAME> | --local) [options]';

export function addOperatorCommands(program: Command): void {
  addRotate(program);
  addRetire(program);
  addStatus(program);
  for (const control of CONTROLS) addControl(program, control);
}

function addRotate(program: Command): void {
  const command = addCommand(program, 'rotate', {
    summary: 'replace the nodes of a cluster, group by group',
    description: 'Replaces every old node of a cluster, group by group, replacement first.',
    examples: [
      '--function Ebb-Operator-1A2B --cluster shop --max-surge 2 --follow',
      '--local --cluster shop --dry-run',
      '--local --cluster shop --groups workers,gpu --max-surge 2',
    ],
  }).usage(WHO);
  addFunctionOption(command).option('--follow', 'tell how far it is, until it ends; Ctrl-C only stops telling');
  addRotationOptions(addLocalOptions(needFunctionOrLocal(command)))
    .option('--since <TIME>', 'with --local: replace the nodes made before it (default: now)')
    .action(
      ending(async (options: OperatorOptions, given: Command) =>
        options.local === true
          ? (await import('../local/rotate-locally.ts')).rotateLocally(options, given)
          : (await import('./rotate-deployed.ts')).rotateDeployed(options, given),
      ),
    );
}

function addRetire(program: Command): void {
  const command = addCommand(program, 'retire', {
    summary: 'take one node out of service',
    description: 'Drains one node; detaches it first and terminates it afterwards, if asked to.',
    examples: [
      '--function Ebb-Operator-1A2B --node ip-10-0-1-2.ec2.internal',
      '--local --cluster shop --node ip-10-0-1-2.ec2.internal --terminate',
      '--local --cluster shop --instance i-0123456789abcdef0 --detach',
    ],
  }).usage(WHO);
  addRetirementOptions(addLocalOptions(needFunctionOrLocal(addFunctionOption(command)))).action(
    ending(async (options: OperatorOptions, given: Command) =>
      options.local === true
        ? (await import('../local/retire-locally.ts')).retireLocally(options, given)
        : (await import('./retire-deployed.ts')).retireDeployed(options, given),
    ),
  );
}

function addStatus(program: Command): void {
  const command = addCommand(program, 'status', {
    summary: 'how far a rotation is, or what Ebb does with a node',
    description: 'Prints how far a rotation is, group by group, or how it ended; or what Ebb does with a node.',
    examples: [
      '0a1b2c3d4e5f --function Ebb-Operator-1A2B --follow',
      '--node ip-10-0-1-2.ec2.internal --function Ebb-Operator-1A2B',
    ],
  })
    .argument('[ROTATION]', 'id of the rotation, as ebb rotate prints it')
    .usage('(ROTATION | --node <NODE>) --function <NAME> [options]');
  asking(command)
    .option('--follow', 'tell how far it is, until it ends; Ctrl-C only stops telling')
    .option('--node <NODE>', 'name of a node, in place of a rotation')
    .option('--cluster <NAME>', 'with --node: the cluster that has it (default: the only one)')
    .action(
      ending(async (rotation: string | undefined, options: OperatorOptions, given: Command) =>
        (await import('./show-status.ts')).showStatus(rotation, options, given),
      ),
    );
}

interface ControlWords {
  readonly action: ControlAction;
  readonly summary: string;
  readonly description: string;
}

const CONTROLS: readonly ControlWords[] = [
  {
    action: 'pause',
    summary: 'begin nothing more in a rotation, until it is resumed',
    description: 'Pauses a rotation: nodes in hand are finished, and nothing more begins until it is resumed.',
  },
  {
    action: 'resume',
    summary: 'go on with a rotation that is paused',
    description: 'Goes on with a rotation that is paused.',
  },
  {
    action: 'stop',
    summary: 'end a rotation once its nodes in hand are done',
    description: 'Ends a rotation once its nodes in hand are done. The same ebb rotate goes on from there.',
  },
];

function addControl(program: Command, { action, summary, description }: ControlWords): void {
  const command = addCommand(program, action, {
    summary,
    description,
    examples: ['0a1b2c3d4e5f --function Ebb-Operator-1A2B'],
  })
    .argument('<ROTATION>', 'id of the rotation, as ebb rotate prints it')
    .usage('ROTATION --function <NAME> [options]');
  asking(command).action(
    ending(async (rotation: string, options: OperatorOptions) =>
      (await import('./control-deployed.ts')).controlDeployed(action, rotation, options),
    ),
  );
}

function asking(command: Command): Command {
  return needFunction(addFunctionOption(command))
    .option('--region <REGION>', 'region of the stack (default: AWS_REGION, or the profile’s)')
    .option('--json', 'print JSON: the answer, or a line for each change');
}
