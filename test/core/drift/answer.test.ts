/** Drift reports as Lambda answers them. */
import { expect, test } from 'vitest';
import { answeredReport, driftAnswer } from '../../../lambdas/core/drift/answer.ts';
import { aDriftedNode, aDriftReport, aGroupReport, nodeName } from '../../infra/cli/given.ts';

const LAMBDA_TAKES = 6 * 1_024 * 1_024;

test('tells each text once, and is the same report again', () => {
  const report = aDriftReport({
    groups: [aGroupReport({ drifted: 3 })],
    nodes: [
      aDriftedNode({ reasons: ['old image', 'old template'] }),
      aDriftedNode({ reasons: ['old image'], decision: 'waits', why: 'rests', at: 7, place: 2 }),
      aDriftedNode({ reasons: ['old template'], decision: 'waits', why: 'rests' }),
    ],
  });
  const answer = driftAnswer(report);
  expect(answer.texts).toEqual(['old image', 'old template', 'rests']);
  expect(answer.nodes).toMatchObject([
    { reasons: [0, 1] },
    { reasons: [0], why: 2, at: 7, place: 2 },
    { reasons: [1], why: 2 },
  ]);
  expect(answeredReport(answer)).toEqual(report);
});

test('of 15,000 nodes in 300 groups is what Lambda takes, however long the texts and although each node has one of its own', () => {
  const nodes = Array.from({ length: 15_000 }, (_, index) => {
    const group = `production-workers-of-some-team-${index % 300}`;
    return aDriftedNode({
      node: nodeName(index % 5_000),
      group,
      reasons: [
        `${'long '.repeat(100)}${group}`,
        `exists since ${new Date(index * 60_000).toISOString()}, longer than it may`,
      ],
      decision: 'waits',
      why: 'a budget that is used up '.repeat(20),
      place: index,
    });
  });
  const answer = driftAnswer(aDriftReport({ nodes }));
  expect(JSON.stringify(answer).length).toBeLessThan(LAMBDA_TAKES);
});
