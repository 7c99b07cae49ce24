/** Commands that ask a function of the stack. Each failure is printed with what to do about it. */
import { DONE, FAILED, type ExitStatus } from '../exit-status.ts';

export interface AskedFunction {
  /** The function in words, such as `the sweep`. */
  readonly is: string;
  /** The stack's output that names it. */
  readonly output: string;
  /** IAM actions that its user needs on the function. */
  readonly rights: readonly string[];
}

/** Options of every command that asks. */
export interface AskOptions {
  /** Name of the function. */
  readonly function: string;
  readonly json?: true;
}

export interface Answer {
  /** Text to print; nothing if it is empty. */
  readonly text: string;
  /** Sentences that say why something is missing in it. */
  readonly missing?: readonly string[];
}

/** There is no answer. The message says why, and what to do. */
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

/** Columns when the output is no terminal, or one that does not tell. */
const COLUMNS = 80;

/** Width of what is printed for people. */
export function outputColumns(): number {
  return (process.stdout.isTTY && process.stdout.columns) || COLUMNS;
}

/** Prints the answer, or why there is none. */
export function printAnswer(
  asked: AskedFunction,
  functionName: string,
  answer: () => Promise<Answer>,
): Promise<ExitStatus> {
  return asking(asked, functionName, async () => {
    const { text, missing = [] } = await answer();
    if (text !== '') console.log(text);
    for (const sentence of missing) console.error(sentence);
    return missing.length === 0 ? DONE : FAILED;
  });
}

/** Prints why the function could not be asked, if so. */
export async function asking(
  asked: AskedFunction,
  functionName: string,
  ask: () => Promise<ExitStatus>,
): Promise<ExitStatus> {
  try {
    return await ask();
  } catch (error) {
    console.error(faultOf(error, asked, functionName));
    return FAILED;
  }
}

/** Whether asking again is in vain until a person has done something: log in, name another function, grant a right. */
export function isLasting(error: unknown): boolean {
  const { name, message } = error instanceof Error ? error : { name: '', message: '' };
  const lasting = ['NoAnswer', 'ResourceNotFoundException', 'AccessDeniedException'];
  return [...lasting, ...NO_CREDENTIALS, ...STALE_CREDENTIALS].includes(name) || message.startsWith('Region ');
}

function faultOf(error: unknown, { output, rights }: AskedFunction, functionName: string): string {
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
