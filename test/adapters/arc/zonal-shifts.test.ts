/** Zonal shifts, read from the AWS peer by signed requests. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { HttpResponse, type HttpRequest } from '@smithy/protocol-http';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ZONAL_SHIFT_ACTIONS, zonalShifts } from '../../../lambdas/adapters/arc/zonal-shifts.ts';
import { createClient } from '../../../lambdas/adapters/aws/clients.ts';
import type { ShiftReading } from '../../../lambdas/workflow/ports/arc.ts';
import type { Credentials } from '../../peers/aws/iam/credentials.ts';
import type { FaultPlan } from '../../peers/aws/faults.ts';
import { MINUTE, SECOND } from '../../given.ts';
import { AwsGiven } from '../aws/given.ts';

const CLUSTER = 'arn:aws:eks:eu-central-1:123456789012:cluster/production';

let given: AwsGiven;

beforeEach(async () => {
  given = await AwsGiven.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await given[Symbol.asyncDispose]();
});

/** The port of another process, with a function's client. */
function port(credentials: Credentials = given.credentialsFor(...ZONAL_SHIFT_ACTIONS)) {
  const config = given.aws.clientConfig(credentials);
  return zonalShifts(createClient(AutoScalingClient, { place: config }), config.endpoint);
}

function read(credentials?: Credentials): Promise<ShiftReading> {
  return given.during(port(credentials).read());
}

describe('what ARC manages', () => {
  test('is read with its shifts: where from, until when, whether in effect, and what is said of them', async () => {
    const { zonalShifts: shifts } = given.aws;
    shifts.manage(CLUSTER);
    shifts.start(CLUSTER, { awayFrom: 'euc1-az2', seconds: 1_800, comment: 'disks are slow' });
    shifts.start(CLUSTER, { kind: 'autoshift', awayFrom: 'euc1-az1' });
    const expiresAt = given.clock.now() + 30 * MINUTE;
    expect(await read()).toEqual({
      kind: 'read',
      resources: [
        {
          arn: CLUSTER,
          shifts: [
            { kind: 'zonal shift', awayFrom: 'euc1-az2', isApplied: true, expiresAt, comment: 'disks are slow' },
            { kind: 'autoshift', awayFrom: 'euc1-az1', isApplied: false },
          ],
        },
      ],
    });
  });

  test('is nothing where ARC manages nothing', async () => {
    expect(await read()).toEqual({ kind: 'read', resources: [] });
  });

  test('is read to the last page, a hundred at a time', async () => {
    for (let number = 0; number < 201; number += 1) given.aws.zonalShifts.manage(`${CLUSTER}-${number}`);
    const reading = await read();
    expect(reading.kind === 'read' && new Set(reading.resources.map(({ arn }) => arn)).size).toBe(201);
    expect(given.count('ListManagedResources')).toBe(3);
  });

  test('is asked for once in half a minute, however many clusters there are', async () => {
    const shared = port();
    await Promise.all([shared.read(), shared.read()]);
    await given.clock.advance(29 * SECOND);
    await shared.read();
    expect(given.count('ListManagedResources')).toBe(1);
    await given.clock.advance(2 * SECOND);
    await shared.read();
    expect(given.count('ListManagedResources')).toBe(2);
  });
});

describe('an autoshift', () => {
  test('that AWS has ended is listed still, and is not in effect', async () => {
    const { zonalShifts: shifts } = given.aws;
    shifts.manage(CLUSTER);
    shifts.end(shifts.start(CLUSTER, { kind: 'autoshift', awayFrom: 'euc1-az1' }));
    expect(await read()).toMatchObject({ resources: [{ shifts: [{ kind: 'autoshift', isApplied: false }] }] });
  });

  test('is not in effect while its zone has its whole weight, whatever its status', async () => {
    const item = { arn: CLUSTER, availabilityZones: [], appliedWeights: { az1: 1, az2: 0 } };
    const autoshifts = ['az1', 'az2', 'az3'].map((awayFrom) => ({ awayFrom, appliedStatus: 'APPLIED', startTime: 1 }));
    const client = createClient(AutoScalingClient, { place: given.aws.clientConfig() });
    answerWith(client, () => ({ items: [{ ...item, autoshifts }] }));
    const reading = await zonalShifts(client).read();
    expect(reading).toMatchObject({ resources: [{ shifts: [false, true, true].map((isApplied) => ({ isApplied })) }] });
  });
});

describe('a question', () => {
  const FAULTS: readonly Omit<FaultPlan, 'service'>[] = [
    { kind: 'throttle' },
    { kind: 'error', error: { code: 'ThrottlingException', status: 429 } },
    { kind: 'error', error: { code: 'InternalServerException', status: 500 } },
    { kind: 'html' },
    { kind: 'reset' },
  ];

  test.each(FAULTS)('that meets %j is asked again, four times in all', async (fault) => {
    given.aws.faults.inject({ ...fault, service: 'arc-zonal-shift', times: 3 });
    expect(await read()).toEqual({ kind: 'read', resources: [] });
    given.aws.faults.inject({ ...fault, service: 'arc-zonal-shift', times: 4 });
    await expect(read()).rejects.toThrow();
  });

  test('that a proxy answers says so, and names what was asked', async () => {
    given.aws.faults.inject({ kind: 'html', service: 'arc-zonal-shift', times: 4 });
    await expect(read()).rejects.toThrow(
      'GET /managedresources of arc-zonal-shift was answered with HTTP status 503 and text/html',
    );
  });

  test('that a role may not ask is refused at once, and names the action that is missing', async () => {
    const reading = await read(given.credentialsFor('ec2:DescribeInstances'));
    expect(reading).toMatchObject({ kind: 'refused' });
    expect(reading.kind === 'refused' && reading.reason).toMatch(
      /^AccessDeniedException: .*arc-zonal-shift:ListManagedResources/,
    );
    expect(given.count('ListManagedResources')).toBe(1);
  });

  test('to a host that does not exist is refused: ARC is not everywhere', async () => {
    const client = createClient(AutoScalingClient, { place: given.aws.clientConfig() });
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    answerWith(client, () => {
      throw unknown;
    });
    expect(await zonalShifts(client, 'https://arc-zonal-shift.xx-nowhere-1.amazonaws.com').read()).toEqual({
      kind: 'refused',
      reason: 'there is no arc-zonal-shift.xx-nowhere-1.amazonaws.com: ARC may not be in this region',
    });
  });

  test('is signed by the clock that AWS’s answers have corrected', async () => {
    const client = createClient(AutoScalingClient, { place: given.aws.clientConfig() });
    client.config.systemClockOffset = 10 * MINUTE;
    const reading = await zonalShifts(client, given.aws.url).read();
    expect(reading.kind === 'refused' && reading.reason).toMatch(/^SignatureDoesNotMatch: Signature expired/);
  });
});

describe('the endpoint', () => {
  test.each([
    ['eu-central-1', 'https://arc-zonal-shift.eu-central-1.amazonaws.com'],
    ['cn-north-1', 'https://arc-zonal-shift.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'https://arc-zonal-shift.us-gov-west-1.amazonaws.com'],
  ])('of %s is %s', async (region, expected) => {
    expect(await askedAt(region)).toBe(expected);
  });

  test('is the SDK’s own variable, that of the service before that of all', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL', 'https://all.example');
    expect(await askedAt('eu-central-1')).toBe('https://all.example');
    vi.stubEnv('AWS_ENDPOINT_URL_ARC_ZONAL_SHIFT', 'https://arc.example');
    expect(await askedAt('eu-central-1')).toBe('https://arc.example');
  });

  async function askedAt(region: string): Promise<string> {
    const client = createClient(AutoScalingClient, { place: { ...given.aws.clientConfig(), region } });
    let asked = '';
    answerWith(client, ({ protocol, hostname }) => {
      asked = `${protocol}//${hostname}`;
      return { items: [] };
    });
    await zonalShifts(client).read();
    return asked;
  }
});

/** Answers what the client sends from here on. */
function answerWith({ config }: AutoScalingClient, answer: (request: HttpRequest) => object): void {
  vi.spyOn(config.requestHandler, 'handle').mockImplementation((request) => {
    const body = Readable.from([Buffer.from(JSON.stringify(answer(request as HttpRequest)))]);
    return Promise.resolve({ response: new HttpResponse({ statusCode: 200, headers: {}, body }) });
  });
}
