/** Requests that the operator does not take at all, and invocations with plain JSON (contract 10.6). */
import { describe, expect, test } from 'vitest';
import { CLUSTER, INSTANCE, NODE, OperatorGiven } from './given.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('by HTTP', () => {
  test.each([
    ['GET', '/', 404, {}],
    ['POST', '/rotations/r1', 405, {}],
    ['GET', '/rotations', 405, {}],
    ['DELETE', '/nodes/n1', 405, {}],
    ['GET', '/rotations/r1/pause', 405, {}],
    ['POST', '/rotations/r1/cancel', 404, {}],
    ['POST', '/rotations//stop', 404, {}],
    ['POST', '/rotations', 415, { body: 'cluster=production', headers: { 'content-type': 'text/plain' } }],
    ['POST', '/rotations', 400, { body: '{', headers: JSON_TYPE }],
    ['POST', '/rotations', 413, { body: `"${'x'.repeat(70_000)}"`, headers: JSON_TYPE }],
    ['POST', '/rotations?dryRun=true', 400, { json: { cluster: CLUSTER } }],
    ['POST', '/rotations/r1/stop', 400, { json: { force: true } }],
    ['POST', '/rotations', 403, { json: { cluster: CLUSTER }, signedBy: undefined }],
  ])('%s %s is answered %i, and nothing begins', async (method, target, status, request) => {
    const given = new OperatorGiven();
    const answer = await given.ask(method, target, request);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json');
    expect([given.rotations, given.retirements]).toEqual([[], []]);
  });

  test('a wrong method is told the right ones, and an unknown path all routes', async () => {
    const given = new OperatorGiven();
    expect((await given.ask('PUT', `/nodes/${NODE}/`)).headers.allow).toBe('GET');
    const { content } = await given.ask('GET', '/rotate');
    expect(content.message).toContain('POST /rotations, GET /rotations/{id}');
  });

  test('a request that nobody has signed is reported', async () => {
    const given = new OperatorGiven();
    await given.ask('GET', '/rotations/r1', { signedBy: undefined });
    expect(given.events).toEqual([
      { type: 'operation.refused', from: '203.0.113.7', reason: 'nobody has signed the request' },
    ]);
  });

  test('a failure of AWS is told, and the answer to the request reported', async () => {
    const failure = Object.assign(new Error('slow down'), {
      name: 'ThrottlingException',
      $metadata: { httpStatusCode: 400 },
    });
    const given = new OperatorGiven({ running: { names: () => Promise.reject(failure) } });
    const { statusCode, content } = await given.ask('POST', `/nodes/${NODE}/retirement`);
    expect([statusCode, content.reason]).toEqual([502, 'ThrottlingException: slow down']);
    expect(given.events.at(-1)).toMatchObject({ type: 'operation.answered', result: 'failed' });
  });
});

describe('by invocation', () => {
  test('a request is carried out, and its answer returned', async () => {
    const given = new OperatorGiven();
    const begun = await given.invoke({ action: 'rotate', request: { cluster: CLUSTER } });
    expect(begun).toEqual({ id: given.rotations[0]?.order.id, cluster: CLUSTER, goesOn: false, dryRun: false });
    const retired = await given.invoke({ action: 'retire', request: { cluster: CLUSTER, instance: INSTANCE } });
    expect(retired).toMatchObject({ execution: given.retirements[0]?.name, node: NODE, instance: INSTANCE });
    expect(await given.invoke({ action: 'node', node: NODE })).toMatchObject({ node: NODE, cluster: CLUSTER });
    expect(given.events[0]).toMatchObject({ type: 'operation.requested', by: 'direct invocation' });
  });

  test.each([
    [{}, 'faulty', ['action: must be one of rotate, retire, status, pause, resume, stop, node']],
    [null, 'faulty', ['request: must have an action: rotate, retire']],
    [{ action: 'drain' }, 'faulty', ['action: must be one of']],
    [{ action: 'status' }, 'faulty', ['rotation: must be the id of a rotation']],
    [{ action: 'stop', rotation: 'r 1' }, 'faulty', ['rotation: must be the id of a rotation']],
    [{ action: 'node', node: NODE, group: 'x' }, 'faulty', ['group: is no field']],
    [{ action: 'rotate', request: { cluster: 1 } }, 'faulty', ['cluster: must be the name of a configured cluster']],
    [{ action: 'rotate' }, 'faulty', ['request: must be a JSON object']],
    [
      { action: 'retire', request: { instance: 'i-0fedcba9876543210' } },
      'unknown',
      ['instance: no node stands for i-0fedcba9876543210 in production'],
    ],
    [{ action: 'pause', rotation: 'r1' }, 'unknown', ['rotation: r1 is unknown']],
  ])('%j is refused as %s, with its faults', async (event, refused, faults) => {
    const given = new OperatorGiven();
    expect(await given.invoke(event)).toEqual({
      refused,
      faults: faults.map((fault) => expect.stringContaining(fault) as string),
    });
    expect([given.rotations, given.retirements]).toEqual([[], []]);
  });
});
