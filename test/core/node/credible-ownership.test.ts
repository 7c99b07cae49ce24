import { describe, expect, test } from 'vitest';
import { credibleOwnership, whyIncredible } from '../../../lambdas/core/node/credible-ownership.ts';
import { RETIREMENT_ANNOTATION } from '../../../lambdas/core/node/marks.ts';
import { type Ownership } from '../../../lambdas/core/node/isolation.ts';
import { aNode, aSigned, HOUR, MINUTE, NOON } from '../../given.ts';

const at = (time: number): string => new Date(time).toISOString();

/** Of a node that is an hour old at noon. */
const signed = (given: Partial<Ownership> = {}) => aNode({ createdAt: NOON - HOUR, annotations: aSigned(given) });

describe('who is in charge of a node, by its annotation (contract 3.5)', () => {
  test.each([
    ['as it says', NOON - MINUTE, NOON - MINUTE],
    ['not before the node was there, however long it says', NOON - 1_000 * HOUR, NOON - HOUR],
    ['not after now', NOON + MINUTE, NOON],
  ])('has been so %s', (_what, since, counted) => {
    expect(credibleOwnership(signed({ since: at(since) }), NOON)?.since).toBe(at(counted));
  });

  test('may have been so until a deadline that has passed', () => {
    expect(
      credibleOwnership(signed({ since: at(NOON - 30 * MINUTE), deadline: at(NOON - MINUTE) }), NOON),
    ).toBeDefined();
  });

  test('may be so for as long as a hook holds an instance', () => {
    expect(credibleOwnership(signed({ deadline: at(NOON + 48 * HOUR) }), NOON)).toBeDefined();
  });

  test.each<[string, Partial<Ownership> | undefined, RegExp]>([
    ['there is no annotation', undefined, /ebb\/retirement does not say who owns the node/],
    [
      'it ended before it began',
      { deadline: at(NOON - MINUTE) },
      /cannot be true: it is the owner since .*, after its/,
    ],
    [
      'it has longer than any retirement',
      { deadline: at(NOON + 51 * HOUR) },
      /cannot be true: no retirement has a deadline as late as/,
    ],
  ])('is nobody where %s, and it is said why', (_what, given, words) => {
    const node = given === undefined ? aNode() : signed(given);
    expect(credibleOwnership(node, NOON)).toBeUndefined();
    expect(whyIncredible(node, NOON)).toMatch(words);
  });

  test('is nobody where the annotation is no JSON', () => {
    const node = aNode({ annotations: { [RETIREMENT_ANNOTATION]: '{' } });
    expect(credibleOwnership(node, NOON)).toBeUndefined();
  });

  test('is not doubted without a reason', () => {
    expect(whyIncredible(signed(), NOON)).toBeUndefined();
  });
});
