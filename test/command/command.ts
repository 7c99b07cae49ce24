/** How a command ends: by its work, a wrong command line, a fault of somebody's cluster, or Ctrl-C. */
import { OwnClusterFault } from '../peers/own-cluster/fault.ts';

/** A command line that asks for what there is not, in words. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';
}

/** @param option as it is typed, for the fault @throws WrongUsage */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new WrongUsage(`${option} takes whole numbers, not ${JSON.stringify(text)}`);
}

/** @param parse parses a command line, as `parseArgs` of Node.js does @throws WrongUsage, in the parser's words */
export function orWrongUsage<Options>(parse: () => Options): Options {
  try {
    return parse();
  } catch (error) {
    throw new WrongUsage(error instanceof Error ? error.message : String(error));
  }
}

/** Prints a line. @returns the exit status of a command that has nothing more to say */
export function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type Signal = keyof typeof SIGNALS;

/** Handles the signals that end a command. @param end called instead of an exit; without it the process exits at once */
export function onInterrupt(end: (status: number) => void = (status) => process.exit(status)): void {
  for (const [signal, status] of Object.entries(SIGNALS) as [Signal, number][]) {
    if (ends[signal] !== undefined) process.off(signal, ends[signal]);
    ends[signal] = () => {
      end(status);
    };
    process.on(signal, ends[signal]);
  }
}

/** The handlers that are set. */
const ends: Partial<Record<Signal, () => void>> = {};

/**
 * Runs a command. Ctrl-C ends it by an exit, so that its temporary folders are removed.
 *
 * @returns the exit status: what `run` says, 2 for a wrong command line, 1 for a fault
 */
export async function runCommand(name: string, usage: string, run: () => Promise<number>): Promise<number> {
  const complain = (status: number, ...lines: string[]): number => {
    process.stderr.write(`${name}: ${lines.join('\n')}\n`);
    return status;
  };
  onInterrupt();
  try {
    return await run();
  } catch (error) {
    if (error instanceof WrongUsage) return complain(2, error.message, '', usage);
    if (error instanceof OwnClusterFault) return complain(1, error.message, ...error.fix.map((line) => `  ${line}`));
    throw error;
  }
}
