/** Requests about rotations to the operator's URL (contract 10.1, 10.3, 10.6). */
import { describe, expect, test } from 'vitest';
import { rotationRequestSchema } from '../../../lambdas/core/rotation/rotation-request.ts';
import type { RotationRun } from '../../../lambdas/workflow/ports/rotation.ts';
import { CALLER } from '../http/given.ts';
import { CLUSTER, OperatorGiven } from './given.ts';

function aRun(run: Partial<RotationRun> = {}, request: object = {}): RotationRun {
  const order = {
    id: 'r1',
    since: 1_000,
    at: 1_000,
    part: 1,
    request: rotationRequestSchema.parse({ cluster: CLUSTER, ...request }),
  };
  return { name: 'n', order, isRunning: true, startedAt: 1_000, ...run };
}

const FAILED = { isRunning: false, result: 'failed', reason: 'a node is not Ready', endedAt: 5_000 };

describe('POST /rotations', () => {
  test('begins a rotation, and says where to ask for it', async () => {
    const given = new OperatorGiven();
    const { statusCode, headers, content } = await given.ask('POST', '/rotations', {
      json: { cluster: CLUSTER, maxSurge: 2 },
    });
    const [{ name, order } = { name: '', order: undefined }] = given.rotations;
    expect([statusCode, headers.location]).toEqual([202, `/rotations/${order?.id ?? ''}`]);
    expect(content).toEqual({ id: order?.id, cluster: CLUSTER, goesOn: false, dryRun: false });
    expect(order?.request).toMatchObject({ cluster: CLUSTER, maxSurge: 2, rotateWorkers: true });
    expect(name).toContain(order?.id);
    expect(given.events).toMatchObject([
      { type: 'operation.requested', action: 'rotate', asked: CLUSTER, by: CALLER, from: '203.0.113.7' },
      { type: 'operation.answered', action: 'rotate', asked: CLUSTER, result: 'done', rotation: order?.id },
    ]);
  });

  test('with dryRun begins one that only plans', async () => {
    const given = new OperatorGiven();
    const { content } = await given.ask('POST', '/rotations', { json: { cluster: CLUSTER, dryRun: true } });
    expect(content).toMatchObject({ dryRun: true });
    expect(given.rotations).toMatchObject([{ order: { request: { dryRun: true } } }]);
  });

  test.each([
    ['no object', [], ['request: must be a JSON object such as {"cluster": "production"}']],
    [
      'nothing to rotate',
      { cluster: CLUSTER, rotateWorkers: false },
      ['rotateControlPlane, rotateWorkers: both are false'],
    ],
    ['an unknown cluster', { cluster: 'staging' }, ['cluster: staging is not configured: name production']],
    [
      'unknown groups',
      { cluster: CLUSTER, groups: ['gpu', 'workers', 'arm'] },
      ['groups: gpu is no enrolled group: name some of workers', 'groups: arm is'],
    ],
    [
      'several faults',
      { cluster: '', maxSurge: 21, dryrun: true },
      ['cluster: must be', 'maxSurge: must be', 'dryrun: is no field'],
    ],
  ])('with %s is refused with every fault, and nothing begins', async (_, json, faults) => {
    const given = new OperatorGiven();
    const { statusCode, content } = await given.ask('POST', '/rotations', { json });
    expect(statusCode).toBe(400);
    expect(content.faults).toEqual(faults.map((fault) => expect.stringContaining(fault) as string));
    expect(given.rotations).toEqual([]);
  });

  test('while one of the cluster runs is refused, and names it', async () => {
    const given = new OperatorGiven();
    given.runs.push(aRun());
    const { statusCode, content } = await given.ask('POST', '/rotations', { json: { cluster: CLUSTER } });
    expect(statusCode).toBe(409);
    expect(content.faults).toEqual(['cluster: rotation r1 of production runs: stop it, or wait for its end']);
    expect(given.events.at(-1)).toMatchObject({ type: 'operation.answered', result: 'conflict' });
  });

  test('of one that was stopped goes on under its id, and is not stopped at once again', async () => {
    const given = new OperatorGiven();
    given.runs.push(aRun({ isRunning: false, result: 'stopped' }));
    given.controls.set('r1', 'stop');
    const { content } = await given.ask('POST', '/rotations', { json: { cluster: CLUSTER } });
    expect(content).toMatchObject({ id: 'r1', goesOn: true });
    expect(given.rotations).toMatchObject([{ order: { id: 'r1', since: 1_000 } }]);
    expect(given.controls.get('r1')).toBe('go');
  });
});

describe('GET /rotations/{id}', () => {
  test.each([
    ['running', aRun(), 'go'],
    ['paused', aRun(), 'pause'],
    ['stopping', aRun(), 'stop'],
    ['running', aRun({ isRunning: false, result: 'continued' }), 'go'],
    ['failed', aRun({ isRunning: false }), 'go'],
    ['done', aRun({ isRunning: false, result: 'done' }), 'stop'],
  ] as const)('says that it is %s', async (state, run, control) => {
    const given = new OperatorGiven();
    given.runs.push(run);
    given.controls.set('r1', control);
    expect(await given.ask('GET', '/rotations/r1')).toMatchObject({ statusCode: 200, content: { id: 'r1', state } });
    expect(given.events).toEqual([]);
  });

  test('tells how far it came, and why it ended', async () => {
    const given = new OperatorGiven();
    const group = {
      group: 'workers',
      way: 'detach',
      done: 1,
      inHand: 0,
      left: 2,
      failed: [{ node: 'n1', reason: 'r' }],
      kept: [],
    } as const;
    given.runs.push(aRun({ ...FAILED, progress: { groups: [group] } }));
    const { content } = await given.ask('GET', '/rotations/r1');
    expect(content).toMatchObject({
      state: 'failed',
      reason: 'a node is not Ready',
      startedAt: '1970-01-01T00:00:01.000Z',
      endedAt: '1970-01-01T00:00:05.000Z',
      progress: { groups: [group] },
      request: { cluster: CLUSTER },
    });
  });

  test.each([
    ['go', '1970-01-01T00:01:00.000Z'],
    ['pause', undefined],
    ['stop', undefined],
  ] as const)('tells when it will have ended, unless its user holds it: %s', async (control, expectedEnd) => {
    const given = new OperatorGiven();
    given.runs.push(aRun({ progress: { groups: [], expectedEnd: 60_000 } }));
    given.controls.set('r1', control);
    expect((await given.ask('GET', '/rotations/r1')).content.expectedEnd).toBe(expectedEnd);
  });

  test('of an unknown one says so', async () => {
    const { statusCode, content } = await new OperatorGiven().ask('GET', '/rotations/r2');
    expect([statusCode, content.faults]).toEqual([404, [expect.stringContaining('rotation: r2 is unknown')]]);
  });
});

describe('POST /rotations/{id}/…', () => {
  test.each([
    ['pause', 'pause'],
    ['resume', 'go'],
    ['stop', 'stop'],
  ])('%s is what is wanted from then on', async (verb, wanted) => {
    const given = new OperatorGiven();
    given.runs.push(aRun());
    const { statusCode, content } = await given.ask('POST', `/rotations/r1/${verb}`);
    expect([statusCode, content]).toEqual([200, { id: 'r1', cluster: CLUSTER, wanted }]);
    expect(given.controls.get('r1')).toBe(wanted);
    expect(given.events[0]).toMatchObject({ type: 'operation.requested', action: verb, asked: 'r1', by: CALLER });
  });

  test('of one that has ended is refused, and tells how it goes on', async () => {
    const given = new OperatorGiven();
    given.runs.push(aRun(FAILED));
    const { statusCode, content } = await given.ask('POST', '/rotations/r1/resume');
    expect(statusCode).toBe(409);
    expect(content.faults).toEqual([
      'rotation: r1 of production has ended (failed): ask for the same rotation again, and it goes on from there',
    ]);
    expect(given.controls.size).toBe(0);
  });

  test('resume of one that is being stopped is refused', async () => {
    const given = new OperatorGiven();
    given.runs.push(aRun());
    given.controls.set('r1', 'stop');
    expect(await given.ask('POST', '/rotations/r1/resume')).toMatchObject({ statusCode: 409 });
    expect(given.controls.get('r1')).toBe('stop');
  });

  test('of an unknown one changes nothing', async () => {
    const given = new OperatorGiven();
    expect(await given.ask('POST', '/rotations/r1/stop')).toMatchObject({ statusCode: 404 });
    expect(given.controls.size).toBe(0);
  });
});
