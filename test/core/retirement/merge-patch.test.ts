/** What turns one state of a run's memory into the next, as a durable step keeps it (RFC 7396). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergePatch, patched } from '../../../lambdas/core/retirement/merge-patch.ts';

describe('a merge patch', () => {
  test.each<[string, unknown, unknown, unknown]>([
    ['nothing has changed', { pods: { a: 'web' } }, { pods: { a: 'web' } }, undefined],
    ['one of many has gone', { pods: { a: 'web', b: 'api' } }, { pods: { b: 'api' } }, { pods: { a: null } }],
    ['one has come', { pods: {} }, { pods: { a: 'web' } }, { pods: { a: 'web' } }],
    ['a list differs', { told: ['a'] }, { told: ['a', 'b'] }, { told: ['a', 'b'] }],
    ['a field is undefined, as in JSON', { at: 1 }, { at: undefined }, { at: null }],
    ['a text follows a text', 'one', 'two', 'two'],
    ['fields follow a text', { death: 'none' }, { death: { until: 3 } }, { death: { until: 3 } }],
    ['no fields follow a text', { death: 'none' }, { death: {} }, { death: {} }],
  ])('where %s', (_when, before, after, patch) => {
    expect(mergePatch(before, after)).toEqual(patch);
    expect(JSON.stringify(patched(before, patch))).toBe(JSON.stringify(after));
  });

  test('made of two states of a memory and applied to the first makes the second, through JSON', () => {
    const { memory } = fc.letrec((tie) => ({
      memory: fc.dictionary(fc.string(), tie('value')),
      value: fc.oneof({ depthSize: 'small' }, fc.string(), fc.integer(), fc.array(fc.string()), tie('memory')),
    }));
    fc.assert(
      fc.property(memory, memory, (before, after) => {
        const patch: unknown = JSON.parse(JSON.stringify({ patch: mergePatch(before, after) }));
        expect(patched(before, (patch as { patch?: unknown }).patch)).toEqual(after);
      }),
    );
  });

  test('refuses a null within, which it could not tell from a field that has gone', () => {
    expect(() => mergePatch({}, { pods: { a: null } })).toThrow('cannot keep a: null');
  });
});
