import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { App, Stack, aws_iam as iam, aws_lambda as lambda } from 'aws-cdk-lib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DrivenClock } from '../../../clock.ts';
import { deployTemplate } from '../../deployment/deploy.ts';
import type { Credentials } from '../../iam/credentials.ts';
import { AwsPeer } from '../../peer.ts';

/** Answers its event, or what the query asks for. */
const CODE = `
  export const handler = async (event) => {
    const { result, fail, sleep } = event.queryStringParameters ?? {};
    if (fail) throw new Error('secret reason');
    if (sleep) await new Promise((resolve) => setTimeout(resolve, Number(sleep)));
    return result === undefined ? event : JSON.parse(result);
  };
`;
const ROLE = 'arn:aws:iam::123456789012:role/operator';
/** What a caller has to be allowed, by its own policies or the function's. */
const BOTH = ['lambda:InvokeFunction', 'lambda:InvokeFunctionUrl'];
const FUNCTION_ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:drain';

let folder: string;
let code: string;
let clock: DrivenClock;
let peer: AwsPeer;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aws-peer-url-'));
  code = join(folder, 'code');
  mkdirSync(code);
  writeFileSync(join(code, 'index.mjs'), CODE);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  clock = new DrivenClock();
  peer = await AwsPeer.start({ clock });
});
afterEach(async () => {
  await peer.stop();
});

async function addUrl(authType: 'AWS_IAM' | 'NONE'): Promise<string> {
  peer.lambda.addFunction({ name: 'drain', directory: code, timeout: 120 });
  peer.functionUrls.add({ function: 'drain', authType });
  return peer.functionUrls.address('drain');
}

interface Event {
  readonly headers: Record<string, string>;
  readonly requestContext: Record<string, unknown> & { readonly http: unknown };
  readonly body?: string;
}

async function eventOf(response: Response): Promise<Event> {
  expect(response.status).toBe(200);
  return (await response.json()) as Event;
}

/** The answer that the function's result becomes. */
async function answerTo(result: unknown): Promise<{ status: number; headers: Headers; body: string }> {
  const url = await addUrl('NONE');
  const response = await fetch(`${url}?result=${encodeURIComponent(JSON.stringify(result))}`);
  return { status: response.status, headers: response.headers, body: await response.text() };
}

describe('the event', () => {
  test('tells the request in payload format 2.0', async () => {
    const url = await addUrl('NONE');
    const event = await eventOf(
      await fetch(`${url}drain%20it?id=i-1&id=i-2&pw=a%26b`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Mixed': 'A', Cookie: 'a=1; b=2', Authorization: 'Bearer x' },
        body: '{"id":"ü"}',
      }),
    );
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/drain%20it',
      rawQueryString: 'id=i-1&id=i-2&pw=a%26b',
      cookies: ['a=1', 'b=2'],
      queryStringParameters: { id: 'i-1,i-2', pw: 'a&b' },
      headers: { 'content-type': 'application/json', 'x-mixed': 'A', authorization: 'Bearer x' },
      requestContext: {
        accountId: 'anonymous',
        http: { method: 'POST', path: '/drain%20it', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' },
        stage: '$default',
        time: expect.stringMatching(/^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/) as string,
      },
      body: '{"id":"ü"}',
      isBase64Encoded: false,
    });
    expect(event.headers.host).toMatch(/^[0-9a-f]{32}\.lambda-url\.eu-central-1\.on\.aws$/);
    expect(peer.functionUrls.requests).toMatchObject([{ method: 'POST', path: '/drain%20it', status: 200 }]);
  });

  test('has no body for a GET, and a form’s in base64', async () => {
    const url = await addUrl('NONE');
    const plain = await eventOf(await fetch(`${url}health`));
    expect(plain).toMatchObject({ rawQueryString: '', isBase64Encoded: false });
    expect(plain).not.toHaveProperty('body');
    expect(plain).not.toHaveProperty('queryStringParameters');
    const form = await eventOf(await fetch(url, { method: 'POST', body: new URLSearchParams({ id: 'i-1' }) }));
    expect(form).toMatchObject({ body: Buffer.from('id=i-1').toString('base64'), isBase64Encoded: true });
  });
});

describe('the result', () => {
  test('with a status code is the answer', async () => {
    const headers = { 'Retry-After': 5, Allow: 'POST' };
    const answer = await answerTo({ statusCode: 202, headers, cookies: ['a=1', 'b=2'], body: 'later' });
    expect([answer.status, answer.body]).toEqual([202, 'later']);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.headers.get('allow')).toBe('POST');
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  test.each([
    ['an object', { a: 1 }, '{"a":1}'],
    ['a string', 'Hello', '"Hello"'],
  ])('%s is a body of JSON', async (_, result, body) => {
    const answer = await answerTo(result);
    expect([answer.status, answer.body]).toEqual([200, body]);
    expect(answer.headers.get('content-type')).toBe('application/json');
  });

  test('in base64 is decoded', async () => {
    const body = Buffer.from('bytes').toString('base64');
    expect(await answerTo({ statusCode: 200, body, isBase64Encoded: true })).toMatchObject({ body: 'bytes' });
  });

  test('that is no answer, and an error, is 502 without its reason', async () => {
    expect(await answerTo({ statusCode: 'many' })).toMatchObject({ status: 502, body: 'Bad Gateway' });
    const failed = await fetch(`${await peer.functionUrls.address('drain')}?fail=1`);
    expect([failed.status, await failed.text()]).toEqual([502, 'Bad Gateway']);
  });
});

test('a request of more than 6 MB is refused', async () => {
  const url = await addUrl('NONE');
  const post = (bytes: number): Promise<Response> =>
    fetch(`${url}?result=1`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x'.repeat(bytes) });
  expect((await post(6_290_000)).status).toBe(200);
  expect((await post(6_291_457)).status).toBe(413);
});

test('requests run side by side, and time may pass while they wait', async () => {
  const url = await addUrl('NONE');
  const started = clock.now();
  const both = Promise.all([fetch(`${url}?sleep=60000`), fetch(`${url}?sleep=60000`)]);
  const answers = await peer.driveUntil(both, { whileRunning: true });
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(clock.now() - started).toBeGreaterThanOrEqual(60_000);
  expect(clock.now() - started).toBeLessThan(90_000);
});

describe('with AWS_IAM', () => {
  async function get(url: string, credentials: Credentials, body = ''): Promise<Response> {
    const { host, hostname, port, search, pathname } = new URL(url);
    const signer = new SignatureV4({ service: 'lambda', region: 'eu-central-1', credentials, sha256: Sha256 });
    const query = Object.fromEntries(new URLSearchParams(search));
    const headers = { host, 'content-type': 'application/json' };
    const request = new HttpRequest({
      method: 'POST',
      hostname,
      port: Number(port),
      path: pathname,
      query,
      headers,
      body: '{}',
    });
    const signed = await signer.sign(request, { signingDate: clock.date() });
    return fetch(url, { method: 'POST', headers: signed.headers, body: body || '{}' });
  }

  /** Credentials of a role that may do these on the function. */
  function operator(statements: readonly object[]): Credentials {
    peer.authorization.addRole(ROLE, { policies: [{ Version: '2012-10-17', Statement: statements }] });
    return peer.lambda.addFunction({ name: 'caller', directory: code, roleArn: ROLE }).credentials;
  }

  const allow = (Action: string | string[], Condition: object = {}, Resource = FUNCTION_ARN): object => ({
    Effect: 'Allow',
    Action,
    Resource,
    Condition,
  });
  const viaUrl = { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } };

  test('a signed request tells who asks, without the signature', async () => {
    const url = await addUrl('AWS_IAM');
    const event = await eventOf(await get(`${url}drain?id=i-1`, peer.administrator));
    expect(event.requestContext).toMatchObject({
      accountId: '123456789012',
      authorizer: { iam: { userArn: 'arn:aws:iam::123456789012:user/administrator' } },
    });
    expect(event.headers).not.toHaveProperty('authorization');
    expect(event.headers).not.toHaveProperty('x-amz-security-token');
  });

  test('an unsigned request is forbidden, and a wrong signature', async () => {
    const url = await addUrl('AWS_IAM');
    const unsigned = await fetch(url);
    expect([unsigned.status, await unsigned.json()]).toEqual([403, { Message: 'Forbidden' }]);
    const wrong = await get(url, { ...peer.administrator, secretAccessKey: 'wrong' });
    expect(wrong.status).toBe(403);
    expect((await get(url, peer.administrator, '{"other":1}')).status).toBe(403);
    expect(peer.lambda.invocations.idle).toBe(true);
  });

  test.each<[string, object[], number]>([
    ['both actions', [allow(BOTH)], 200],
    [
      'both, under their conditions',
      [
        allow('lambda:InvokeFunctionUrl', { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } }),
        allow('lambda:InvokeFunction', viaUrl),
      ],
      200,
    ],
    ['only that of the URL', [allow('lambda:InvokeFunctionUrl')], 403],
    ['only that of the function', [allow('lambda:InvokeFunction')], 403],
    ['another function', [allow(BOTH, {}, `${FUNCTION_ARN}2`)], 403],
    [
      'another kind of URL',
      [
        allow('lambda:InvokeFunctionUrl', { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } }),
        allow('lambda:InvokeFunction'),
      ],
      403,
    ],
    ['nothing', [], 403],
  ])('a role that is allowed %s', async (_, statements, status) => {
    const url = await addUrl('AWS_IAM');
    expect((await get(url, operator(statements))).status).toBe(status);
  });

  test.each([
    ['both actions to the role', BOTH.map((action) => ({ action, principal: ROLE })), [], 200],
    ['both to the account', BOTH.map((action) => ({ action, principal: '123456789012' })), [], 200],
    ['one of them', [{ action: 'lambda:InvokeFunctionUrl', principal: ROLE }], [], 403],
    [
      'both, by a public URL',
      BOTH.map((action) => ({ action, principal: ROLE, functionUrlAuthType: 'NONE' as const })),
      [],
      403,
    ],
    [
      'both, by any way but a URL',
      BOTH.map((action) => ({ action, principal: ROLE, invokedViaFunctionUrl: false })),
      [],
      403,
    ],
    ['both of an alias', BOTH.map((action) => ({ action, principal: ROLE, qualifier: 'live' })), [], 403],
    ['both to another', BOTH.map((action) => ({ action, principal: '210987654321' })), [], 403],
    [
      'both, where the role denies',
      BOTH.map((action) => ({ action, principal: ROLE })),
      [{ Effect: 'Deny', Action: 'lambda:InvokeFunctionUrl', Resource: '*' }],
      403,
    ],
  ])('a function that permits %s', async (_, permissions, statements, status) => {
    const url = await addUrl('AWS_IAM');
    const fn = peer.lambda.functions.get('drain');
    if (fn !== undefined) fn.permissions = permissions.map((each) => ({ qualifier: undefined, ...each }));
    expect((await get(url, operator(statements))).status).toBe(status);
  });
});

describe('from a template', () => {
  function deploy(build: (fn: lambda.Function) => void): void {
    const app = new App({
      outdir: mkdtempSync(join(folder, 'cdk-')),
      analyticsReporting: false,
      builtinCloudFormationValidation: false,
    });
    const stack = new Stack(app, 'Http');
    build(
      new lambda.Function(stack, 'Drain', {
        functionName: 'drain',
        runtime: lambda.Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: lambda.Code.fromAsset(code),
      }),
    );
    app.synth();
    deployTemplate(peer, app.outdir);
  }

  const { AWS_IAM, NONE } = lambda.FunctionUrlAuthType;
  const status = async (): Promise<number> => (await fetch(await peer.functionUrls.address('drain'))).status;

  test('a public URL is open by the permissions that CDK gives it, and not by half of them', async () => {
    deploy((fn) => fn.addFunctionUrl({ authType: NONE }));
    expect(await status()).toBe(200);
    const fn = peer.lambda.functions.get('drain');
    expect(fn?.permissions?.map(({ action }) => action).sort()).toEqual(BOTH);
    if (fn !== undefined) fn.permissions = fn.permissions?.filter(({ action }) => action !== 'lambda:InvokeFunction');
    expect(await status()).toBe(403);
  });

  test('a public URL without permissions, or one with IAM, is closed', async () => {
    deploy((fn) => new lambda.CfnUrl(fn, 'Url', { authType: 'NONE', targetFunctionArn: fn.functionArn }));
    expect(await status()).toBe(403);
    await peer.stop();
    peer = await AwsPeer.start({ clock });
    deploy((fn) => {
      fn.addFunctionUrl({ authType: AWS_IAM });
      fn.addPermission('Any', { principal: new iam.AnyPrincipal(), action: 'lambda:InvokeFunctionUrl' });
    });
    expect(await status()).toBe(403);
  });
});
