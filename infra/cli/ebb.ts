/** The command line `ebb`: runs the command that the arguments name, and ends with its exit status. */
import { CommanderError } from 'commander';
import { commandLine } from './command-line.ts';
import { DONE, WRONG_USAGE } from './exit-status.ts';

// `ebb drift | head` stops reading: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(DONE);
});

try {
  await commandLine().parseAsync();
} catch (error) {
  // Commander has printed what is wrong. Help and version end this way too, with 0.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? DONE : WRONG_USAGE;
}
