/** `ebb status`: how far a rotation is, or what Ebb does with a node (contract 10.3, 10.6). */
import type { Command } from 'commander';
import type { ExitStatus } from '../exit-status.ts';
import { OPERATOR } from '../functions/asked-functions.ts';
import { asking, outputColumns, printAnswer } from '../functions/function-command.ts';
import { wrongUsage } from '../read-rotation-options.ts';
import { nodeStatusText } from '../reports/node-status-report.ts';
import { rotationStatusText } from '../reports/rotation-status-report.ts';
import { answerOf, askOperator } from './ask-operator.ts';
import { followRotation } from './follow-rotation.ts';
import type { OperatorOptions } from './operator-options.ts';

interface StatusOptions extends OperatorOptions {
  readonly node?: string;
  readonly cluster?: string;
}

export async function showStatus(
  rotation: string | undefined,
  options: StatusOptions,
  command: Command,
): Promise<ExitStatus> {
  wrongUsage(command, faultsOf(rotation, options));
  if (rotation === undefined) return await showNode(options);
  if (options.follow === true)
    return await asking(OPERATOR, options.function, () => followRotation(rotation, { ...options, isNew: false }));
  return await printAnswer(OPERATOR, options.function, async () => {
    const status = answerOf(await askOperator({ action: 'status', rotation }, options));
    const text = options.json === true ? JSON.stringify(status) : rotationStatusText(status, shown());
    return { text };
  });
}

function showNode({ node = '', cluster, ...options }: StatusOptions): Promise<ExitStatus> {
  const operation = { action: 'node', node, ...(cluster !== undefined && { cluster }) } as const;
  return printAnswer(OPERATOR, options.function, async () => {
    const status = answerOf(await askOperator(operation, options));
    return { text: options.json === true ? JSON.stringify(status) : nodeStatusText(status, shown()) };
  });
}

function shown(): { readonly now: number; readonly columns: number } {
  return { now: Date.now(), columns: outputColumns() };
}

function faultsOf(rotation: string | undefined, { node, cluster, follow }: StatusOptions): string[] {
  if (rotation === undefined && node === undefined) return ['name a rotation, or a node with --node'];
  if (rotation !== undefined && node !== undefined)
    return ['a rotation and --node are both there: leave one of them out'];
  return [
    ...(node !== undefined && follow === true ? ['--follow is for a rotation, not for --node'] : []),
    ...(node === undefined && cluster !== undefined ? ['--cluster is for --node alone'] : []),
  ];
}
