/** The command by which a run in this process goes on. */
import { typed } from '../added-command.ts';

/** The command as it was typed, but with that time. @param since @default the command as it was typed */
export function commandToGoOn(since?: Date, args: readonly string[] = process.argv.slice(2)): string {
  const kept = args.filter((arg, index) => !/^--since(=|$)/.test(arg) && args[index - 1] !== '--since');
  const [command = '', ...options] = since === undefined ? kept : [...kept, '--since', since.toISOString()];
  return [typed(command), ...options.map(quoted)].join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
