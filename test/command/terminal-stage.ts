/** The stage of a command that was started from a terminal: its lines, its question and its signals. */
import { OwnClusterFault } from '../peers/own-cluster/fault.ts';
import { onInterrupt } from './command.ts';
import { askInTerminal } from './confirmation.ts';
import type { CommandStage } from './command-stage.ts';

/** With `json` the standard output is for JSON alone; with `yes` nobody is asked. */
export function terminalStage({ json, yes }: { json: boolean; yes: boolean }): CommandStage {
  const aside = json ? process.stderr : process.stdout;
  const interruption = new AbortController();
  // Not an exit: the cluster is put in order first.
  onInterrupt(() => {
    interruption.abort();
  });
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  return {
    interrupted: interruption.signal,
    say: (line) => void aside.write(`${line}\n`),
    confirm: async (question) => {
      if (yes) return interruption.signal.aborted ? 'interrupted' : 'yes';
      if (isTerminal) return await askInTerminal(question, { input: process.stdin, output: aside });
      throw new OwnClusterFault('nobody can be asked here, because this is no terminal', [
        'say --yes if the node above is to be drained',
      ]);
    },
  };
}
