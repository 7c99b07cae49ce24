/** Requests about single nodes to the operator's URL (contract 10.4, 10.6). */
import { describe, expect, test } from 'vitest';
import { ClusterAway } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import { RETIREMENT_ANNOTATION, RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import { aNode, CLUSTER, INSTANCE, NODE, OperatorGiven } from './given.ts';

const RUNNING = `123456789012-eu-central-1-${INSTANCE}-0123abcd`;

describe('POST /nodes/{name}/retirement', () => {
  test('begins the retirement of the node’s instance, with the terms of the request', async () => {
    const given = new OperatorGiven();
    const json = { cluster: CLUSTER, terminate: true, detach: true, gracePeriod: 30 };
    const { statusCode, headers, content } = await given.ask('POST', `/nodes/${NODE}/retirement`, { json });
    const [{ name, notice } = { name: '', notice: undefined }] = given.retirements;
    expect([statusCode, headers.location]).toEqual([202, `/nodes/${NODE}?cluster=${CLUSTER}`]);
    const about = { node: NODE, instance: INSTANCE, cluster: CLUSTER, group: 'workers' };
    expect(content).toEqual({ execution: name, ...about, already: false });
    expect(notice).toMatchObject({
      kind: 'request',
      instance: INSTANCE,
      group: 'workers',
      cluster: CLUSTER,
      terms: { detach: true, release: 'terminate', gracePeriodSeconds: 30 },
    });
    expect(given.events).toMatchObject([
      { type: 'operation.requested', action: 'retire', asked: NODE },
      { type: 'retirement.requested', execution: name, ...about, foundBy: 'request' },
      { type: 'operation.answered', result: 'done', execution: name },
    ]);
  });

  test('without a body drains the node, and leaves its instance', async () => {
    const given = new OperatorGiven();
    expect(await given.ask('POST', `/nodes/${NODE}/retirement`)).toMatchObject({ statusCode: 202 });
    expect(given.retirements).toMatchObject([{ notice: { terms: { detach: false, release: 'leave' } } }]);
  });

  test('of one that is retired already answers with that retirement', async () => {
    const given = new OperatorGiven();
    given.running.push(RUNNING);
    const { statusCode, content } = await given.ask('POST', `/nodes/${NODE}/retirement`);
    expect(statusCode).toBe(202);
    expect(content).toEqual({ execution: RUNNING, node: NODE, instance: INSTANCE, cluster: CLUSTER, already: true });
    expect(given.retirements).toEqual([]);
  });

  test.each([
    [404, 'n2', {}, 'node: there is no n2 in production: it has gone, or was never there'],
    [400, NODE, { cluster: 'staging' }, 'cluster: staging is not configured: name production'],
    [400, NODE, { node: 'n2' }, 'node, instance: the path names the node'],
    [400, 'N%00', {}, 'node: must be the name of a node'],
    [400, NODE, { terminated: true }, 'terminated: is no field: cluster, node'],
  ])('is answered %i for %s with %j, and nothing begins', async (status, name, json, fault) => {
    const given = new OperatorGiven();
    const { statusCode, content } = await given.ask('POST', `/nodes/${name}/retirement`, { json });
    expect(statusCode).toBe(status);
    expect(content.faults).toEqual([expect.stringContaining(fault)]);
    expect(given.retirements).toEqual([]);
  });

  test('of a node that two clusters have needs the cluster', async () => {
    const given = new OperatorGiven();
    given.nodes.staging = [aNode()];
    const { statusCode, content } = await given.ask('POST', `/nodes/${NODE}/retirement`);
    expect([statusCode, content.faults]).toEqual([
      400,
      [`cluster: production and staging have ${NODE}: name one of them`],
    ]);
  });

  test.each([['of Karpenter’s', aNode({ labels: { 'karpenter.sh/nodepool': 'default' } }), 409, 'is Karpenter’s']])(
    'of a node %s is refused',
    async (_, node, status, fault) => {
      const given = new OperatorGiven();
      given.nodes[CLUSTER] = [node];
      const { statusCode, content } = await given.ask('POST', `/nodes/${NODE}/retirement`);
      expect([statusCode, content.faults]).toEqual([status, [expect.stringContaining(fault)]]);
      expect(given.retirements).toEqual([]);
    },
  );

  test('in a cluster that cannot be reached is answered 503, and may be asked again', async () => {
    const given = new OperatorGiven({
      clusters: { open: () => Promise.reject(new ClusterAway('it does not answer')) },
    });
    const { statusCode, headers, content } = await given.ask('POST', `/nodes/${NODE}/retirement`);
    expect([statusCode, headers['retry-after']]).toEqual([503, '15']);
    expect(content.faults).toEqual(['cluster: it does not answer']);
  });
});

describe('GET /nodes/{name}', () => {
  test('tells that nothing is done with a node without marks', async () => {
    const { statusCode, content } = await new OperatorGiven().ask('GET', `/nodes/${NODE}?cluster=${CLUSTER}`);
    const about = { node: NODE, cluster: CLUSTER, instance: INSTANCE, group: 'workers' };
    expect([statusCode, content]).toEqual([200, { ...about, unschedulable: false, ready: true, marks: {} }]);
  });

  test('tells which retirement has it in hand, and its marks', async () => {
    const given = new OperatorGiven();
    const since = new Date(Date.now() - 60_000).toISOString();
    const deadline = new Date(Date.now() + 60_000).toISOString();
    const owner = { execution: RUNNING, kind: 'request', since, deadline, cordonedByUs: true, labelledByUs: true };
    const marks = { [RETIRING_LABEL]: 'request', [RETIREMENT_ANNOTATION]: JSON.stringify(owner) };
    const annotations = { [RETIREMENT_ANNOTATION]: JSON.stringify(owner), other: 'x' };
    given.nodes[CLUSTER] = [aNode({ unschedulable: true, labels: { [RETIRING_LABEL]: 'request' }, annotations })];
    given.running.push(RUNNING);
    const { content } = await given.ask('GET', `/nodes/${NODE}`);
    const retirement = { execution: RUNNING, kind: 'request', running: true, since, deadline };
    expect(content).toMatchObject({ unschedulable: true, marks, retirement });
    expect(content.marks).not.toHaveProperty('other');
  });

  test('tells of a retirement that has not marked its node yet', async () => {
    const given = new OperatorGiven();
    given.running.push(RUNNING);
    const { content } = await given.ask('GET', `/nodes/${NODE}`);
    expect(content.retirement).toEqual({ execution: RUNNING, running: true });
  });

  test('tells its cool-down with the reason, and its last retirement', async () => {
    const ended = { name: RUNNING, startedAt: 0, endedAt: 60_000, succeeded: false };
    const other = { ...ended, name: '123456789012-eu-central-1-i-0fedcba9876543210-0123abcd' };
    const given = new OperatorGiven({ retirementHistory: { ended: () => Promise.resolve([other, ended]) } });
    const until = new Date(Date.now() + 60_000).toISOString();
    given.nodes[CLUSTER] = [
      aNode({ annotations: { 'ebb/rest': JSON.stringify({ until, reason: 'a budget blocked it' }) } }),
    ];
    const { content } = await given.ask('GET', `/nodes/${NODE}`);
    expect(content).toMatchObject({
      coolDown: { until, reason: 'a budget blocked it' },
      lastRetirement: { execution: RUNNING, endedAt: '1970-01-01T00:01:00.000Z', succeeded: false, result: 'restored' },
    });
  });

  test.each([
    ['n2', 404, 'node: there is no n2 in production'],
    [`${NODE}?cluster=staging`, 400, 'cluster: staging is not configured'],
    [`${NODE}?clusters=production`, 400, 'clusters: is no parameter of the query here: cluster is'],
    [`${NODE}?cluster=a&cluster=b`, 400, 'cluster: stands in the query twice'],
  ])('%s is answered %i', async (target, status, fault) => {
    const { statusCode, content } = await new OperatorGiven().ask('GET', `/nodes/${target}`);
    expect([statusCode, content.faults]).toEqual([status, [expect.stringContaining(fault)]]);
  });
});
