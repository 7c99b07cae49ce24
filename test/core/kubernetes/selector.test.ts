import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchesSelector, type Selector } from '../../../lambdas/core/kubernetes/selector.ts';

const LABELS = { app: 'web', tier: 'front', debug: '' };

const UNKNOWN = { key: 'app', operator: 'Like', values: ['w*'] };

/** By the rules of the API's LabelSelector. */
const TABLE: readonly [name: string, Selector | undefined, boolean | undefined][] = [
  ['an absent selector matches nothing', undefined, false],
  ['an empty selector matches everything', {}, true],
  ['empty lists of requirements match everything', { matchLabels: {}, matchExpressions: [] }, true],
  ['matchLabels with the value', { matchLabels: { app: 'web' } }, true],
  ['matchLabels with another value', { matchLabels: { app: 'api' } }, false],
  ['matchLabels with a key that the pod lacks', { matchLabels: { zone: 'a' } }, false],
  ['matchLabels with an empty value', { matchLabels: { debug: '' } }, true],
  ['all of matchLabels must hold', { matchLabels: { app: 'web', tier: 'back' } }, false],
  ['In with the value', one('app', 'In', 'api', 'web'), true],
  ['In without the value', one('app', 'In', 'api'), false],
  ['In with a key that the pod lacks', one('zone', 'In', 'a'), false],
  ['In without values', { matchExpressions: [{ key: 'app', operator: 'In' }] }, false],
  ['NotIn with the value', one('app', 'NotIn', 'web'), false],
  ['NotIn without the value', one('app', 'NotIn', 'api'), true],
  ['NotIn with a key that the pod lacks', one('zone', 'NotIn', 'a'), true],
  ['Exists with the key', one('app', 'Exists'), true],
  ['Exists with the key and an empty value', one('debug', 'Exists'), true],
  ['Exists without the key', one('zone', 'Exists'), false],
  ['DoesNotExist with the key', one('app', 'DoesNotExist'), false],
  ['DoesNotExist without the key', one('zone', 'DoesNotExist'), true],
  ['labels and expressions must both hold', { matchLabels: { app: 'web' }, ...one('tier', 'In', 'back') }, false],
  ['a key that objects have by themselves', one('constructor', 'Exists'), false],
  ['an unknown operator: ask the server', { matchExpressions: [UNKNOWN] }, undefined],
  ['operators are told by their exact case', one('app', 'exists'), undefined],
  [
    'an unknown operator beside one that holds: ask the server',
    { matchLabels: { app: 'web' }, matchExpressions: [UNKNOWN] },
    undefined,
  ],
  [
    'an unknown operator beside one that fails: no',
    { matchLabels: { app: 'api' }, matchExpressions: [UNKNOWN] },
    false,
  ],
];

describe('a selector (contract 4.4)', () => {
  test.each(TABLE)('%s', (_name, selector, expected) => {
    expect(matchesSelector(selector, LABELS)).toBe(expected);
  });

  const labels = fc.dictionary(fc.constantFrom('app', 'tier', 'zone'), fc.constantFrom('', 'a', 'b'));

  test('a pod matches the selector made of its own labels', () => {
    fc.assert(fc.property(labels, (given) => matchesSelector({ matchLabels: given }, given) === true));
  });

  test.each([
    ['In', 'NotIn'],
    ['Exists', 'DoesNotExist'],
  ])('%s and %s are each other’s contrary', (operator, contrary) => {
    const requirement = fc.record({
      key: fc.constantFrom('app', 'tier', 'zone'),
      values: fc.array(fc.constantFrom('', 'a', 'b')),
    });
    fc.assert(
      fc.property(labels, requirement, (given, { key, values }) => {
        const yes = matchesSelector({ matchExpressions: [{ key, operator, values }] }, given);
        const no = matchesSelector({ matchExpressions: [{ key, operator: contrary, values }] }, given);
        expect(yes).toBe(!no);
      }),
    );
  });
});

function one(key: string, operator: string, ...values: string[]): Selector {
  return { matchExpressions: [{ key, operator, values }] };
}
