/** What the drift tainter writes on nodes and takes off them again (contract 9.2). */
import { describe, expect, test } from 'vitest';
import type { DriftSettings } from '../../../lambdas/core/settings/cluster-settings.ts';
import type { DriftReason } from '../../../lambdas/core/drift/drift.ts';
import { isMarked, lettingGo, marking, takingBack, unmarking } from '../../../lambdas/core/drift/mark.ts';
import { fleetNode } from '../../../lambdas/core/disruption/fleet.ts';
import { type NodePatch, DRIFT_ANNOTATION } from '../../../lambdas/core/node/marks.ts';
import type { Node, Taint } from '../../../lambdas/core/kubernetes/node.ts';
import { aNode } from '../../given.ts';

const DRIFTED_KEY = 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drifted';
const DRAIN_KEY = 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drain';

const SETTINGS: DriftSettings = {
  enabled: true,
  ami: true,
  launchTemplate: false,
  instanceType: false,
  kubelet: false,
  taint: { key: DRIFTED_KEY, effect: 'PreferNoSchedule' },
  drainTaint: { key: DRAIN_KEY, effect: 'NoSchedule' },
  imageParameters: [],
  replacementTimeoutSeconds: 900,
  unhealthyLimit: 0.2,
  conditions: [],
  statusChecks: [],
  illAtOnce: 1,
};

const REASONS: readonly DriftReason[] = [
  { kind: 'ami', text: 'image ami-1, but its group launches ami-2' },
  { kind: 'age', text: '40 days old, more than 30' },
];
const TEXT = JSON.stringify({ reasons: REASONS });

const DRIFTED: Taint = { key: DRIFTED_KEY, value: 'ami', effect: 'PreferNoSchedule' };
const DRAINED: Taint = { key: DRAIN_KEY, value: 'drift', effect: 'NoSchedule' };
const FOREIGN: readonly Taint[] = [
  { key: 'dedicated', value: 'gpu', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded: '2026-01-05T11:00:00Z' },
];

function nodeWith(taints: readonly Taint[], mark?: string): Node {
  return aNode({ taints, annotations: { team: 'a', ...(mark !== undefined && { [DRIFT_ANNOTATION]: mark }) } });
}

const MARKED = nodeWith([...FOREIGN, DRIFTED], TEXT);

describe('marking a node as drifted', () => {
  test('is one patch under the version that was read: the taint names the first reason, the annotation all', () => {
    expect(marking(nodeWith(FOREIGN), REASONS, SETTINGS)).toEqual({
      metadata: { resourceVersion: '41', labels: {}, annotations: { [DRIFT_ANNOTATION]: TEXT } },
      spec: { taints: [...FOREIGN, DRIFTED] },
    });
  });

  test('the taint’s key and effect are the user’s to choose', () => {
    const settings: DriftSettings = { ...SETTINGS, taint: { key: 'acme/old', effect: 'NoSchedule' } };
    expect(taintsOf(marking(aNode(), REASONS, settings))).toEqual([
      { key: 'acme/old', value: 'ami', effect: 'NoSchedule' },
    ]);
  });

  test.each<[string, Node, readonly Taint[] | 'unchanged']>([
    ['a node that is marked so', MARKED, 'unchanged'],
    ['one whose taints have another order', nodeWith([DRIFTED, ...FOREIGN], TEXT), 'unchanged'],
    ['one that is let go as well', nodeWith([DRAINED, DRIFTED], TEXT), 'unchanged'],
    ['one whose taint names another reason', nodeWith([{ ...DRIFTED, value: 'age' }], TEXT), [DRIFTED]],
    ['one whose annotation says something else', nodeWith([DRIFTED], '{}'), [DRIFTED]],
    ['one whose taint is gone', nodeWith([], TEXT), [DRIFTED]],
    ['one whose annotation is gone', nodeWith([DRIFTED]), [DRIFTED]],
    [
      'one with our key and another effect, which is somebody else’s',
      nodeWith([{ ...DRIFTED, effect: 'NoExecute' }]),
      [{ ...DRIFTED, effect: 'NoExecute' }, DRIFTED],
    ],
    ['one that is let go', nodeWith([DRAINED]), [DRAINED, DRIFTED]],
  ])('%s', (_what, node, expected) => {
    expect(taintsOf(marking(node, REASONS, SETTINGS))).toEqual(expected);
  });

  test('without a reason the marks come off', () => {
    expect(marking(MARKED, [], SETTINGS)).toEqual(unmarking(MARKED, SETTINGS));
  });
});

describe('taking the marks off', () => {
  test('leaves what is not ours, whole and in its order', () => {
    expect(unmarking(nodeWith([DRIFTED, ...FOREIGN, DRAINED], TEXT), SETTINGS)).toEqual({
      metadata: { resourceVersion: '41', labels: {}, annotations: { [DRIFT_ANNOTATION]: null } },
      spec: { taints: FOREIGN },
    });
  });

  test.each<[string, Node, readonly Taint[] | 'unchanged']>([
    ['a node without any', nodeWith(FOREIGN), 'unchanged'],
    ['one with a drain taint of a person’s', nodeWith([{ key: DRAIN_KEY, effect: 'NoSchedule' }]), 'unchanged'],
    [
      'one with a drain taint of a script’s',
      nodeWith([{ ...DRAINED, value: 'upgrade' }, DRIFTED], TEXT),
      [{ ...DRAINED, value: 'upgrade' }],
    ],
    ['one that a person lets go by another effect', nodeWith([{ ...DRAINED, effect: 'NoExecute' }]), 'unchanged'],
    ['one with the annotation alone', nodeWith([], TEXT), []],
    ['one with the drift taint alone', nodeWith([DRIFTED]), []],
    ['one with our drain taint alone', nodeWith([DRAINED]), []],
  ])('%s', (_what, node, expected) => {
    expect(taintsOf(unmarking(node, SETTINGS))).toEqual(expected);
    const marked = expected !== 'unchanged';
    expect(isMarked(fleetNode(node, { now: 0, longestCoolDownMs: 0 }), SETTINGS)).toBe(marked);
  });

  test('of a node that was marked and let go gives it back as it was', () => {
    const before = nodeWith(FOREIGN);
    const marked = patched(before, marking(before, REASONS, SETTINGS));
    const going = patched(marked, lettingGo(marked, SETTINGS));
    expect(going.taints).toEqual([...FOREIGN, DRIFTED, DRAINED]);
    expect(patched(going, unmarking(going, SETTINGS))).toEqual(before);
  });
});

describe('letting a node go', () => {
  test('adds the taint by which it is drained, and changes nothing else', () => {
    expect(lettingGo(MARKED, SETTINGS)).toEqual({
      metadata: { resourceVersion: '41', labels: {}, annotations: {} },
      spec: { taints: [...FOREIGN, DRIFTED, DRAINED] },
    });
  });

  test.each<[string, Taint, 'unchanged' | 'added']>([
    ['that is let go', DRAINED, 'unchanged'],
    ['that a person drains', { key: DRAIN_KEY, effect: 'NoSchedule' }, 'unchanged'],
    ['that a script drains', { ...DRAINED, value: 'upgrade' }, 'unchanged'],
    ['with our key and another effect', { ...DRAINED, effect: 'PreferNoSchedule' }, 'added'],
  ])('of one %s: %s', (_what, taint, expected) => {
    const taints = taintsOf(lettingGo(nodeWith([taint]), SETTINGS));
    expect(taints).toEqual(expected === 'unchanged' ? 'unchanged' : [taint, DRAINED]);
  });
});

describe('taking back a node that was let go', () => {
  test.each<[string, Node, readonly Taint[] | 'unchanged']>([
    ['by us: it still says that it has drifted', nodeWith([...FOREIGN, DRIFTED, DRAINED], TEXT), [...FOREIGN, DRIFTED]],
    ['by a person', nodeWith([DRIFTED, { key: DRAIN_KEY, effect: 'NoSchedule' }], TEXT), 'unchanged'],
    ['by nobody', MARKED, 'unchanged'],
  ])('%s', (_what, node, expected) => {
    const patch = takingBack(node, SETTINGS);
    expect(taintsOf(patch)).toEqual(expected);
    if (patch !== 'unchanged') expect(patch.metadata.annotations).toEqual({});
  });
});

function taintsOf(patch: NodePatch | 'unchanged'): readonly Taint[] | 'unchanged' {
  return patch === 'unchanged' ? 'unchanged' : patch.spec.taints;
}

/** As the API server merges it. */
function patched(node: Node, patch: NodePatch | 'unchanged'): Node {
  if (patch === 'unchanged') throw new Error('nothing to patch');
  const annotations = Object.entries({ ...node.annotations, ...patch.metadata.annotations });
  return {
    ...node,
    taints: patch.spec.taints,
    annotations: Object.fromEntries(annotations.filter((entry): entry is [string, string] => entry[1] !== null)),
  };
}
