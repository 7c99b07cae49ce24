/** Lines of the demo at the widths that terminals have. */
import { describe, expect, test } from 'vitest';
import { nodeName } from '../../../infra/cli/reports/report-words.ts';
import { wrapLines, wrapWords } from './wrapping.ts';

const TEXT = 'budget shop/web (maxUnavailable 1) needs 8 healthy pods and has 8: waits until another is Ready';

describe('a text', () => {
  test.each([40, 60, 80])('is broken between words, within %i columns', (width) => {
    const lines = wrapWords(TEXT, { width, first: 11, next: 20 });
    expect(lines.join(' ')).toBe(TEXT);
    for (const [index, line] of lines.entries())
      expect(line.length + (index === 0 ? 11 : 20)).toBeLessThanOrEqual(width);
  });

  test('keeps a word that is longer than a line whole, in a line of its own', () => {
    const word = 'a'.repeat(50);
    expect(wrapWords(`pod ${word} waits`, { width: 30, first: 0, next: 0 })).toEqual(['pod', word, 'waits']);
  });

  test('has room for a word however narrow the terminal is', () => {
    expect(wrapWords('one two', { width: 5, first: 11, next: 20 })).toEqual(['one two']);
  });

  test('keeps its own lines, and indents what is broken off', () => {
    expect(wrapLines('one two three four five six\n\nseven', 20, 2)).toBe('one two three four\n  five six\n\nseven');
  });
});

describe('the name of a node', () => {
  test.each([
    ['ip-10-0-1-23.eu-central-1.compute.internal', Infinity, 'ip-10-0-1-23'],
    ['ip-10-0-1-23.eu-central-1.compute.internal', 12, 'ip-10-0-1-23'],
    ['gke-prod-default-pool-1f2e3d4c-x7k2', 11, '…e3d4c-x7k2'],
    ['worker', 19, 'worker'],
  ])('%s in %d columns is %s', (node, width, short) => {
    expect(nodeName(node, width)).toBe(short);
    expect(nodeName(node, width).length).toBeLessThanOrEqual(width);
  });
});
