import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EXCLUDE_LABEL,
  RETIREMENT_ANNOTATION,
  RETIRING_LABEL,
  type NodePatch,
  COOL_DOWN_ANNOTATION,
} from '../../../lambdas/core/node/marks.ts';
import {
  ownershipOf,
  isIsolatedFor,
  isolation,
  restoration,
  type Ownership,
  type Takeover,
} from '../../../lambdas/core/node/isolation.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import { coolDownText } from '../../../lambdas/core/node/cool-down.ts';
import { aNode, HOUR, MINUTE, NOON, TAINT_KEY } from '../../given.ts';

const TAINT = { key: TAINT_KEY, effect: 'NoSchedule' } as const;
const OURS = { key: TAINT_KEY, value: 'asg-terminate', effect: 'NoSchedule' } as const;
const FOREIGN = [
  { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded: '2026-01-05T11:00:00Z' },
];

const TAKEOVER: Takeover = {
  execution: 'first',
  kind: 'asg-terminate',
  now: NOON,
  deadline: NOON + HOUR,
};

describe('isolating a node that nobody has touched (contract 3.1)', () => {
  const patch = isolation(aNode(), TAKEOVER, TAINT);

  test('is one patch under the version that was read: cordon, taint, labels, annotation', () => {
    expect({ ...patch, metadata: { ...patch.metadata, annotations: chargeIn(patch) } }).toEqual({
      metadata: {
        resourceVersion: '41',
        labels: { 'ebb/retiring': 'asg-terminate', 'node.kubernetes.io/exclude-from-external-load-balancers': 'ebb' },
        annotations: {
          execution: 'first',
          kind: 'asg-terminate',
          since: '2026-01-05T12:00:00.000Z',
          deadline: '2026-01-05T13:00:00.000Z',
          cordonedByUs: true,
          labelledByUs: true,
        },
      },
      spec: { unschedulable: true, taints: [OURS] },
    });
  });

  test('the taint’s key, value and effect are the user’s to choose', () => {
    const chosen = { key: 'acme/leaving', value: 'yes', effect: 'PreferNoSchedule' } as const;
    expect(isolation(aNode(), TAKEOVER, chosen).spec.taints).toEqual([chosen]);
  });

  test('an empty taint value is a value', () => {
    expect(isolation(aNode(), TAKEOVER, { ...TAINT, value: '' }).spec.taints).toEqual([{ ...TAINT, value: '' }]);
  });
});

describe('what is not ours stays as it is (contract 3.1)', () => {
  test('foreign taints stay, whole and in their order', () => {
    expect(isolation(aNode({ taints: FOREIGN }), TAKEOVER, TAINT).spec.taints).toEqual([...FOREIGN, OURS]);
  });

  test('a taint of our key with another effect is somebody else’s', () => {
    const other = { key: TAINT_KEY, effect: 'NoExecute' };
    expect(isolation(aNode({ taints: [other] }), TAKEOVER, TAINT).spec.taints).toEqual([other, OURS]);
  });

  test('foreign labels and annotations are not in the patch', () => {
    const { metadata } = isolation(aNode({ annotations: { team: 'a' } }), TAKEOVER, TAINT);
    expect(Object.keys(metadata.labels).toSorted()).toEqual([RETIRING_LABEL, EXCLUDE_LABEL].toSorted());
    expect(Object.keys(metadata.annotations)).toEqual([RETIREMENT_ANNOTATION]);
  });

  test.each(['true', ''])('a load balancer label of somebody else keeps its value "%s" and is not ours', (value) => {
    const patch = isolation(aNode({ labels: { [EXCLUDE_LABEL]: value } }), TAKEOVER, TAINT);
    expect(patch.metadata.labels[EXCLUDE_LABEL]).toBe(value);
    expect(chargeIn(patch).labelledByUs).toBe(false);
  });

  test('a node that a person has cordoned is remembered as such (contract 3.2, faults 47)', () => {
    expect(chargeIn(isolation(aNode({ unschedulable: true }), TAKEOVER, TAINT)).cordonedByUs).toBe(false);
  });
});

describe('taking charge of a node that bears our marks (contract 1.6)', () => {
  const marked = after(aNode({ taints: FOREIGN }), TAKEOVER);
  const LATER: Takeover = { ...TAKEOVER, execution: 'second', now: NOON + 10 * MINUTE };

  test('what the first set is still ours to undo, and `since` keeps the place among the waiting', () => {
    const second = chargeIn(isolation(marked, LATER, TAINT));
    expect(second).toMatchObject({
      execution: 'second',
      since: '2026-01-05T12:00:00.000Z',
      cordonedByUs: true,
      labelledByUs: true,
    });
  });

  test('what a person had set before the first stays theirs', () => {
    const theirs = after(aNode({ unschedulable: true, labels: { [EXCLUDE_LABEL]: 'true' } }), TAKEOVER);
    expect(chargeIn(isolation(theirs, LATER, TAINT))).toMatchObject({ cordonedByUs: false, labelledByUs: false });
  });

  test('our taint is replaced, not doubled, also when its value changes', () => {
    expect(isolation(marked, LATER, { ...TAINT, value: 'new' }).spec.taints).toEqual([
      ...FOREIGN,
      { ...TAINT, value: 'new' },
    ]);
  });

  test('isolating twice for the same takeover changes nothing', () => {
    const again = isolation(marked, { ...TAKEOVER, now: NOON + MINUTE }, TAINT);
    expect({ ...marked, ...again.spec }).toEqual(marked);
    expect(chargeIn(again)).toEqual(ownershipOf(marked));
  });

  test('over any row of takeovers the first cordon and `since` are kept', () => {
    const rows = fc.array(fc.record({ minute: fc.nat(600), until: fc.integer({ min: 1, max: 3_000 }) }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(rows, fc.boolean(), (row, unschedulable) => {
        let node = aNode({ unschedulable, taints: FOREIGN });
        for (const [index, { minute, until }] of row.entries()) {
          const deadline = NOON + until * MINUTE;
          node = after(node, { ...TAKEOVER, execution: String(index), now: NOON + minute * MINUTE, deadline });
        }
        expect(ownershipOf(node)).toMatchObject({
          execution: String(row.length - 1),
          since: new Date(NOON + (row[0]?.minute ?? 0) * MINUTE).toISOString(),
          deadline: new Date(NOON + (row.at(-1)?.until ?? 0) * MINUTE).toISOString(),
          cordonedByUs: !unschedulable,
        });
        expect(node.taints).toEqual([...FOREIGN, OURS]);
      }),
    );
  });
});

describe('who is in charge', () => {
  test('reads what was written', () => {
    expect(ownershipOf(after(aNode(), TAKEOVER))).toEqual({
      execution: 'first',
      kind: 'asg-terminate',
      since: '2026-01-05T12:00:00.000Z',
      deadline: '2026-01-05T13:00:00.000Z',
      cordonedByUs: true,
      labelledByUs: true,
    });
  });

  test.each([
    ['no annotation', undefined],
    ['an empty one', ''],
    ['no JSON', 'mine'],
    ['null', 'null'],
    ['a list', '[]'],
    ['an empty object', '{}'],
    ['a field of another type', garbled({ cordonedByUs: 'yes' })],
    ['a field missing', garbled({ execution: undefined })],
    ['a time that is none', garbled({ deadline: 'tomorrow' })],
    ['a day that is none', garbled({ since: '2026-02-30T00:00:00Z' })],
  ])('is nobody by %s, and the node is isolated as if untouched', (_what, annotation) => {
    const node = aNode({ annotations: annotation === undefined ? {} : { [RETIREMENT_ANNOTATION]: annotation } });
    expect(ownershipOf(node)).toBeUndefined();
    expect(isolation(node, TAKEOVER, TAINT)).toEqual(isolation(aNode(), TAKEOVER, TAINT));
  });

  test('no annotation whatever makes it throw', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (annotation) => {
        const node = aNode({ annotations: { [RETIREMENT_ANNOTATION]: annotation } });
        expect(isolation(node, TAKEOVER, TAINT).spec.unschedulable).toBe(true);
      }),
    );
  });
});

describe('a node is isolated for an execution', () => {
  const isolated = after(aNode(), TAKEOVER);

  test.each<[string, Node, string, boolean]>([
    ['after its patch', isolated, 'first', true],
    ['not for another execution', isolated, 'second', false],
    ['not untouched', aNode(), 'first', false],
    ['not when somebody has uncordoned it', { ...isolated, unschedulable: false }, 'first', false],
    ['not when somebody has taken the taint off', { ...isolated, taints: FOREIGN }, 'first', false],
    [
      'not when the taint has another effect',
      { ...isolated, taints: [{ ...OURS, effect: 'NoExecute' }] },
      'first',
      false,
    ],
    ['not when somebody has taken a label off', { ...isolated, labels: { [RETIRING_LABEL]: 'x' } }, 'first', false],
    ['not when the annotation is gone', { ...isolated, annotations: {} }, 'first', false],
  ])('%s', (_when, node, execution, expected) => {
    expect(isIsolatedFor(node, execution, TAINT)).toBe(expected);
  });
});

describe('restoring a node (contract 3.2)', () => {
  test.each<[string, Partial<Node>]>([
    ['nobody had touched', {}],
    ['a person had cordoned', { unschedulable: true }],
    ['others had tainted and labelled', { taints: FOREIGN, labels: { [EXCLUDE_LABEL]: 'mine', zone: 'a' } }],
  ])('that %s leaves it as it was', (_which, given) => {
    const node = aNode(given);
    const patch = restoration(after(node, TAKEOVER), TAKEOVER.execution, { taint: TAINT });
    expect(patch && patched(after(node, TAKEOVER), patch)).toEqual({ ...node, resourceVersion: '41++' });
  });

  test.each<[string, { value?: string; effect?: string }, boolean]>([
    ['the drift tainter’s', {}, false],
    ['a person’s', { value: 'please' }, true],
    ['one of that key with another effect', { effect: 'NoExecute' }, true],
  ])('that is to rest takes off the taint by which it was let go, if that is %s', (_whose, given, stays) => {
    const asking = { key: 'acme/drain', value: 'drift', effect: 'NoSchedule', ...given };
    const node = after(aNode({ taints: [...FOREIGN, asking] }), TAKEOVER);
    const drainTaint = { key: 'acme/drain', effect: 'NoSchedule' } as const;
    const coolDown = { coolDown: { until: NOON + HOUR, reason: 'a pod is protected' }, drainTaint };
    const rested = restoration(node, TAKEOVER.execution, { taint: TAINT, coolDownTerms: coolDown });
    expect(rested?.spec.taints).toEqual(stays ? [...FOREIGN, asking] : FOREIGN);
    expect(rested?.metadata.annotations).toMatchObject({ [COOL_DOWN_ANNOTATION]: coolDownText(coolDown.coolDown) });
    expect(restoration(node, TAKEOVER.execution, { taint: TAINT })?.spec.taints).toEqual([...FOREIGN, asking]);
  });

  test('that another execution is in charge of touches nothing', () => {
    expect(restoration(after(aNode(), TAKEOVER), 'second', { taint: TAINT })).toBeUndefined();
  });

  test('that bears no marks touches nothing', () => {
    expect(restoration(aNode(), 'first', { taint: TAINT })).toBeUndefined();
  });
});

/** The node as the API has it after it was isolated. */
function after(node: Node, takeover: Takeover): Node {
  return patched(node, isolation(node, takeover, TAINT));
}

/** A merge patch, as the API applies it. */
function patched(node: Node, { metadata, spec }: NodePatch): Node {
  return {
    ...node,
    taints: spec.taints,
    unschedulable: spec.unschedulable === undefined ? node.unschedulable : spec.unschedulable === true,
    resourceVersion: `${node.resourceVersion}+`,
    labels: merged(node.labels, metadata.labels),
    annotations: merged(node.annotations, metadata.annotations),
  };
}

function merged(
  keys: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const all = Object.entries({ ...keys, ...patch });
  return Object.fromEntries(all.flatMap(([key, value]) => (value === null ? [] : [[key, value]])));
}

function chargeIn(patch: NodePatch): Ownership {
  return JSON.parse(patch.metadata.annotations[RETIREMENT_ANNOTATION] ?? 'null') as Ownership;
}

function garbled(wrong: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...chargeIn(isolation(aNode(), TAKEOVER, TAINT)), ...wrong });
}
