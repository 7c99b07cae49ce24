/** The question before anything is changed: only a clear yes is one. */
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { askInTerminal } from './confirmation.ts';

test.each([
  ['y\n', 'yes'],
  [' YES \n', 'yes'],
  ['\n', 'no'],
  ['n\n', 'no'],
  ['yellow\n', 'no'],
  ['', 'no'],
])('%j is %s', async (typed, answer) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const asking = askInTerminal('Drain it? [y/N] ', { input, output });
  input.end(typed);
  expect(await asking).toBe(answer);
  expect(String(output.read())).toContain('Drain it? [y/N] ');
});
