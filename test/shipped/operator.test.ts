/**
 * The operator as it is deployed: the bundled function behind its URL, under the template's role, beside the functions that
 * it starts, with AWS and Kubernetes over the wire (contract 10.3–10.6).
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Installation } from '../installation.ts';
import { askUrl } from './ask-url.ts';

const CLUSTER = 'production';
const GROUP = 'workers';

let installation: Installation;

beforeAll(async () => {
  const configuration = {
    clusters: [{ name: CLUSTER, groups: [{ name: GROUP }] }],
    rotation: true,
    operator: { url: true },
  };
  installation = await Installation.start({ configuration, nodes: 2 });
  installation.joinLaunched({ bootSeconds: 30 });
  await installation.clock.advance(600_000);
});
afterAll(async () => {
  await installation.stop();
});

/** A signed request; JSON both ways. */
async function ask(method: string, target: string, json?: object) {
  const sent = json && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) };
  const { status, content } = await askUrl(installation.aws, 'Operator', target, {
    method,
    ...sent,
    signed: true,
    driven: true,
  });
  return { status, content: content as Readonly<Record<string, unknown>> };
}

async function invoke(event: object): Promise<unknown> {
  const { aws } = installation;
  const name = installation.functionNamed('Operator');
  // It signs by the time that is driven.
  const systemClockOffset = aws.clock.now() - Date.now();
  const client = new LambdaClient({ ...aws.clientConfig(), systemClockOffset });
  const command = new InvokeCommand({ FunctionName: name, Qualifier: 'live', Payload: JSON.stringify(event) });
  const { Payload } = await aws.driveUntil(client.send(command), { whileRunning: true });
  client.destroy();
  return JSON.parse(Buffer.from(Payload ?? []).toString());
}

const ended = () => installation.aws.lambda.executions.every(({ status }) => status !== 'RUNNING');

const LONG = { timeout: 120_000 };

test('a node is retired on request, and its status tells so before and after', LONG, async () => {
  const { aws, kubernetes } = installation;
  const [instance = ''] = aws.autoScaling.instanceIds(GROUP);
  const node = installation.nodeOf(instance);
  const about = { node, cluster: CLUSTER, instance, group: GROUP };
  expect(await ask('GET', `/nodes/${node}`)).toEqual({
    status: 200,
    content: { ...about, unschedulable: false, ready: true, marks: {} },
  });
  const { status, content } = await ask('POST', '/api/drain', { nodeName: node, clusterID: CLUSTER });
  expect([status, content]).toEqual([202, expect.objectContaining({ NodeName: node, TerminateNode: false })]);
  await aws.driveUntil(ended);
  expect(kubernetes.node(node)?.spec.unschedulable).toBe(true);
  const after = await ask('GET', `/nodes/${node}?cluster=${CLUSTER}`);
  expect(after.content).toMatchObject({
    retirement: { kind: 'request', running: false, leftDrained: true },
    lastRetirement: { succeeded: true, result: 'drained' },
  });
  expect(await ask('POST', `/nodes/gone/retirement`)).toMatchObject({ status: 404 });
});

test('a rotation is begun, paused, resumed and stopped, and each answer is told', LONG, async () => {
  const { aws } = installation;
  const begun = await ask('POST', '/rotations', { cluster: CLUSTER });
  expect(begun.status).toBe(202);
  const id = String(begun.content.id);
  await aws.driveUntil(() => installation.events.some(({ type }) => type === 'rotation.started'));
  expect(await ask('POST', `/rotations/${id}/pause`)).toMatchObject({ status: 200, content: { wanted: 'pause' } });
  expect(await ask('GET', `/rotations/${id}`)).toMatchObject({ status: 200, content: { id, state: 'paused' } });
  expect(await ask('POST', '/rotations', { cluster: CLUSTER })).toMatchObject({ status: 409 });
  expect(await invoke({ action: 'resume', rotation: id })).toEqual({ id, cluster: CLUSTER, wanted: 'go' });
  expect(await invoke({ action: 'stop', rotation: id })).toEqual({ id, cluster: CLUSTER, wanted: 'stop' });
  await aws.driveUntil(ended);
  expect(await invoke({ action: 'status', rotation: id })).toMatchObject({ id, state: 'stopped' });
  expect(await ask('POST', `/rotations/${id}/pause`)).toMatchObject({ status: 409 });
});

test('who does not sign is not let in, and what is asked is reported with who asks', LONG, async () => {
  const { events } = installation;
  const answer = await askUrl(installation.aws, 'Operator', '/rotations', { body: '{}' });
  expect(answer.status).toBe(403);
  expect(events.find(({ type }) => type === 'operation.requested')).toMatchObject({
    action: 'retire',
    by: 'arn:aws:iam::123456789012:user/administrator',
  });
  expect(installation.aws.lambda.deadLetters).toEqual([]);
});
