/**
 * A command that asks a function of the stack something, for people: `--function` names it, and whatever may go wrong is
 * told with what to do about it.
 */
import { parseArgs } from 'node:util';

export interface FunctionCommand {
  /** As it is typed: `npm run -s drift`. */
  readonly command: string;
  /** What the function is, in words, and the stack's output that names it. */
  readonly does: string;
  readonly output: string;
  /** What its user must be allowed on the function. */
  readonly rights: readonly string[];
  /** What `--json` prints. */
  readonly json: string;
  /** Whether `--node NAME` is an option, and what it means. @default none */
  readonly node?: string;
}

export interface Wanted {
  readonly functionName: string;
  readonly json: boolean;
  readonly node?: string;
}

/** The message says why there is no answer, and what to do. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

const NO_CREDENTIALS = ['CredentialsProviderError', 'TokenProviderError'];
const STALE_CREDENTIALS = [
  'ExpiredTokenException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
];

/**
 * Does what the command's arguments say.
 *
 * @param answer what it prints
 * @returns the exit code: 0, 1 when there is no answer, 2 for arguments that cannot be taken
 */
export async function runFunctionCommand(
  command: FunctionCommand,
  args: readonly string[],
  answer: (wanted: Wanted) => Promise<string>,
): Promise<number> {
  const wanted = wantedBy(command, args);
  if (wanted === 'help') {
    console.log(usageOf(command));
    return 0;
  }
  if (wanted === undefined) return 2;
  try {
    const text = await answer(wanted);
    if (text !== '') console.log(text);
    return 0;
  } catch (error) {
    console.error(faultOf(error, command, wanted.functionName));
    return 1;
  }
}

function wantedBy(command: FunctionCommand, args: readonly string[]): Wanted | 'help' | undefined {
  try {
    const flag = { type: 'boolean', default: false } as const;
    const options = { function: { type: 'string' }, json: flag, help: flag } as const;
    const withNode = { ...options, node: { type: 'string' } } as const;
    const { values } = parseArgs({ args: [...args], options: command.node === undefined ? options : withNode });
    const {
      function: functionName = '',
      json,
      help,
      node,
    } = values as Partial<Record<'function' | 'node', string>> & Record<'json' | 'help', boolean>;
    if (help) return 'help';
    if (functionName !== '') return { functionName, json, ...(node !== undefined && { node }) };
    console.error(`--function is missing\n\n${usageOf(command)}`);
  } catch (error) {
    console.error(`${messageOf(error)}\n\n${usageOf(command)}`);
  }
  return undefined;
}

function usageOf({ command, does, output, json, node }: FunctionCommand): string {
  const options = [
    ['--function NAME', `${does}: output ${output} of the stack`],
    ...(node === undefined ? [] : [['--node NAME', node]]),
    ['--json', json],
  ];
  const usage = `${command} -- --function NAME ${node === undefined ? '' : '[--node NAME] '}[--json]`;
  return `${usage}\n\n${options.map(([option = '', text]) => `  ${option.padEnd(17)}${text}`).join('\n')}`;
}

function faultOf(error: unknown, { output, rights }: FunctionCommand, functionName: string): string {
  const message = messageOf(error);
  const { name } = error instanceof Error ? error : { name: '' };
  if (error instanceof NoAnswer) return message;
  if (name === 'ResourceNotFoundException') {
    return `${message}\nOutput ${output} of the stack names the function; AWS_REGION and AWS_PROFILE say where it is looked for.`;
  }
  if (name === 'AccessDeniedException') {
    return `${message}\nGive whoever runs this the right ${rights.join(' and ')} on ${functionName}.`;
  }
  if (NO_CREDENTIALS.includes(name)) return `${message}\nLog in to AWS, or set AWS_PROFILE to a profile that there is.`;
  if (STALE_CREDENTIALS.includes(name)) return `${message}\nAWS does not take these credentials: log in again.`;
  if (message.includes('ENOTFOUND')) return `${message}\nIs AWS_REGION a region of AWS, and is there a network?`;
  if (message.startsWith('Region ')) return `${message}\nSet AWS_REGION to the region of the stack.`;
  return `${functionName} could not be asked: ${message}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
