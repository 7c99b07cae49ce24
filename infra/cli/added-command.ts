/** Adds a command of `ebb` with its words, its hint after wrong usage, and an action that returns its exit status. */
import type { Command } from 'commander';
import type { ExitStatus } from './exit-status.ts';

export interface CommandWords {
  /** Half a line for the list of commands. */
  readonly summary: string;
  readonly description: string;
  /** Arguments after the command, one example each. */
  readonly examples: readonly string[];
}

export function addCommand(program: Command, name: string, { summary, description, examples }: CommandWords): Command {
  const lines = examples.map((example) => `  ebb ${name} ${example}`.trimEnd());
  return program
    .command(name)
    .summary(summary)
    .description(description)
    .showHelpAfterError(`See ${typed(name)} --help.`)
    .addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** Returns the command as its user types it: npx and npm scripts work without an `ebb`. @param name of a command */
export function typed(name?: string): string {
  const by = process.env.npm_lifecycle_event;
  if (name !== undefined && by === name) return `npm run -s ${name} --`;
  return [by === 'npx' ? 'npx ebb' : 'ebb', ...(name === undefined ? [] : [name])].join(' ');
}

/** Returns the action of a command: `run` returns the exit status. */
export function ending<Given extends readonly unknown[]>(
  run: (...given: Given) => ExitStatus | Promise<ExitStatus>,
): (...given: Given) => Promise<void> {
  return async (...given) => {
    process.exitCode = await run(...given);
  };
}
