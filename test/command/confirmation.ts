/** Asking the user in a terminal. */
import { createInterface } from 'node:readline/promises';

type Answer = 'yes' | 'no' | 'interrupted';

/** Anything but `y` or `yes` is no, the end of the input too. */
export async function askInTerminal(
  question: string,
  { input, output }: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
): Promise<Answer> {
  const terminal = createInterface({ input, output });
  const unanswered = new Promise<{ answer: Answer }>((resolve) => {
    terminal.once('SIGINT', () => {
      resolve({ answer: 'interrupted' });
    });
    terminal.once('close', () => {
      resolve({ answer: 'no' });
    });
  });
  try {
    const came = await Promise.race([terminal.question(question), unanswered]);
    if (typeof came === 'string') return /^\s*y(es)?\s*$/i.test(came) ? 'yes' : 'no';
    // What is said next begins a line of its own.
    output.write('\n');
    return came.answer;
  } finally {
    terminal.close();
  }
}
