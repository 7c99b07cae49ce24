import { describe, expect, test } from 'vitest';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import { TARGETS_ANNOTATION } from '../../../lambdas/core/node/marks.ts';
import { isOursToPutBack, takenFrom, taking, type Taken } from '../../../lambdas/core/traffic/taken-targets.ts';
import { aNode, aPool } from '../../given.ts';

const WEB: Taken = { pool: aPool(), targets: [{ id: 'i-1', port: 80 }] };
const CLASSIC: Taken = { pool: aPool({ kind: 'classic', id: 'front', name: 'front' }), targets: [{ id: 'i-1' }] };

/** The node once it has been said of it that it is taken out of these. */
function after(node: Node, ...taken: readonly Taken[]): Node {
  return taken.reduce((before, each) => {
    const patch = taking(before, each);
    if (patch === 'unchanged') return before;
    return { ...before, annotations: { ...before.annotations, ...(patch.metadata.annotations as object) } };
  }, node);
}

describe('what a node is taken out of', () => {
  test('is read as it was written', () => {
    expect(takenFrom(after(aNode(), WEB, CLASSIC))).toEqual([WEB, CLASSIC]);
  });

  test('is added to what stands there, pool by pool and port by port', () => {
    const more: Taken = { ...WEB, targets: [...WEB.targets, { id: 'i-1', port: 443, zone: 'all', serverId: '0x1' }] };
    expect(takenFrom(after(aNode(), WEB, CLASSIC, more))).toEqual([CLASSIC, more]);
  });

  test('is not said twice', () => {
    expect(taking(after(aNode(), WEB), WEB)).toBe('unchanged');
  });

  test('is said without how healthy it was', () => {
    const target = { id: 'i-1', port: 80, state: 'registered', healthy: true } as const;
    expect(takenFrom(after(aNode(), { pool: aPool(), targets: [target] }))).toEqual([WEB]);
  });

  test('takes the place of what cannot be read, and changes nothing else', () => {
    const taints = [{ key: 'team', effect: 'NoSchedule' }];
    const node = aNode({ taints, annotations: { [TARGETS_ANNOTATION]: 'everything' } });
    expect(taking(node, WEB)).toEqual({
      metadata: {
        resourceVersion: node.resourceVersion,
        labels: {},
        annotations: { [TARGETS_ANNOTATION]: JSON.stringify([WEB]) },
      },
      spec: { taints },
    });
  });

  test.each([
    ['nothing', undefined],
    ['no JSON', 'web'],
    ['no list', '{}'],
    ['a port in words', JSON.stringify([WEB]).replace('80', '"http"')],
  ])('is nothing when there stands %s', (_what, text) => {
    const annotations: Record<string, string> = text === undefined ? {} : { [TARGETS_ANNOTATION]: text };
    expect(takenFrom({ annotations })).toEqual([]);
  });
});

test.each([
  ['of instances', {}, true],
  ['of a controller', { controlled: true }, false],
  ['of addresses', { by: 'ip' as const }, false],
])('the targets of a pool %s: ours to put back? %j %s', (_which, fields, expected) => {
  expect(isOursToPutBack(aPool(fields))).toBe(expected);
});
