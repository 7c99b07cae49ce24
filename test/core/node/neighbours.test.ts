import { describe, expect, test } from 'vitest';
import { neighbourOn } from '../../../lambdas/core/node/neighbours.ts';
import { aNode } from '../../given.ts';

const tainted = (key: string) => aNode({ taints: [{ key, effect: 'NoSchedule' }] });

describe('who else has a node in hand (faults 48)', () => {
  test.each([
    ['Cluster Autoscaler', tainted('ToBeDeletedByClusterAutoscaler')],
    ['Karpenter', tainted('karpenter.sh/disrupted')],
    ['Karpenter', tainted('karpenter.sh/disruption')],
    ['AWS Node Termination Handler', tainted('aws-node-termination-handler/spot-itn')],
    ['AWS Node Termination Handler', tainted('aws-node-termination-handler/scheduled-maintenance')],
    ['NVSentinel', aNode({ annotations: { quarantineHealthEvent: '[]' } })],
  ])('is %s by its mark', (name, node) => {
    expect(neighbourOn(node)).toBe(name);
  });

  test.each([
    ['bears no mark', aNode()],
    ['is only a candidate of Cluster Autoscaler', tainted('DeletionCandidateOfClusterAutoscaler')],
    ['bears another’s taint', tainted('example.com/dedicated')],
  ])('is nobody where the node %s', (_what, node) => {
    expect(neighbourOn(node)).toBeUndefined();
  });
});
