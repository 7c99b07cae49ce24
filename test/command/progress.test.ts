/** Progress on a terminal and elsewhere. */
import { expect, test } from 'vitest';
import { Progress } from './progress.ts';

function written(given: { isTTY?: boolean; quiet?: boolean }): string {
  let text = '';
  const stream = { isTTY: given.isTTY ?? false, write: (more: string) => (text += more) };
  const progress = new Progress(2, { quiet: given.quiet ?? false, stream });
  progress.next('30 pods by ebb');
  progress.part('Synthesising the stack');
  progress.next('30 pods by kubectl');
  progress.done();
  return text;
}

test('is a line for each step where there is no terminal', () => {
  expect(written({})).toBe('[1/2] 30 pods by ebb …\n[2/2] 30 pods by kubectl …\n');
});

test('is one line on a terminal, which is gone at the end', () => {
  const shown = written({ isTTY: true }).split('\r\u001b[K');
  expect(shown).toEqual([
    '',
    '[1/2] 30 pods by ebb …',
    '[1/2] 30 pods by ebb: Synthesising the stack …',
    '[2/2] 30 pods by kubectl …',
    '',
  ]);
});

test('is nothing with --json', () => {
  expect(written({ isTTY: true, quiet: true })).toBe('');
});
