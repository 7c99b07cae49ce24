/** The answers of the HTTP endpoint to requests that ask well (contract 7.4), and what is told of them (contract 13). */
import { describe, expect, test } from 'vitest';
import { WithdrawalFailed } from '../../../lambdas/workflow/traffic/withdraw-instance.ts';
import { ADDRESS, CALLER, EndpointGiven, INSTANCE, POOL, type UrlRequest } from './given.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const json = (body: unknown, headers: Record<string, string> = JSON_TYPE): UrlRequest => ({
  headers,
  body: JSON.stringify(body),
});
const id = `id=${INSTANCE}`;

/** An error as the SDK throws it. */
function awsError(name: string, message: string, metadata: object): Error {
  return Object.assign(new Error(message), { name, $metadata: metadata });
}

describe('a request that asks well', () => {
  test.each<[string, UrlRequest]>([
    ['id in the query', { query: `${id}&timeout=0` }],
    ['ip in the query', { query: `ip=${ADDRESS}&timeout=0` }],
    ['id in the body', json({ id: INSTANCE, timeout: 0 })],
    ['ip in the body', json({ ip: ADDRESS, timeout: 0 })],
    ['numbers as text', json({ id: INSTANCE, timeout: '0', dryRun: 'false' })],
    ['the same in both places', { query: `${id}&timeout=0&dryRun=0`, ...json({ id: INSTANCE, dryRun: false }) }],
    ['one half in each', { query: 'timeout=0', ...json({ id: INSTANCE }) }],
    ['a charset', json({ id: INSTANCE, timeout: 0 }, { 'content-type': 'Application/JSON; charset=UTF-8' })],
    ['a form’s type and no body', { query: `${id}&timeout=0`, headers: { 'content-type': 'text/plain' } }],
    ['a slash at the end', { path: '/drain/', query: `${id}&timeout=0` }],
    ['percent encoding', { query: `id=%69${INSTANCE.slice(1)}&timeout=0` }],
    ['what a presigned URL brings', { query: `X-Amz-Signature=0a&X-Amz-Date=now&${id}&timeout=0` }],
    ['a pw that nobody asked for (IAM)', { query: `${id}&timeout=0&pw=s3cret` }],
    ['a method override, which is ignored', { query: `${id}&timeout=0`, headers: { 'X-HTTP-Method-Override': 'GET' } }],
    [
      'a body in base64',
      {
        headers: JSON_TYPE,
        body: Buffer.from(`{"id":"${INSTANCE}","timeout":0}`).toString('base64'),
        isBase64Encoded: true,
      },
    ],
  ])('with %s is carried out', async (_, request) => {
    const given = new EndpointGiven();
    const { statusCode, headers, content } = await given.ask(request);
    expect(statusCode).toBe(202);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    expect(headers['retry-after']).toMatch(/^\d+$/);
    expect(content).toMatchObject({
      result: 'draining',
      instance: INSTANCE,
      pools: [{ name: 'web', id: POOL.id, target: `${INSTANCE}:8080`, state: 'draining', drainSeconds: 300 }],
    });
    expect(given.deregistered).toHaveLength(1);
  });

  test('is 202 as long as targets drain, and 200 once they are gone: asking again goes on', async () => {
    const given = new EndpointGiven();
    expect((await given.ask({ query: `${id}&timeout=0` })).statusCode).toBe(202);
    expect((await given.ask({ query: `${id}&timeout=0` })).statusCode).toBe(202);
    given.settle();
    const { statusCode, content } = await given.ask({ query: `${id}&timeout=0` });
    expect([statusCode, content]).toEqual([200, { result: 'withdrawn', instance: INSTANCE, pools: [] }]);
    expect(given.deregistered).toHaveLength(1);
  });

  test.each([`${id}&dryRun=true`, `${id}&dryRun=1`])('for a dry run, %s, tells and changes nothing', async (query) => {
    const given = new EndpointGiven();
    const { statusCode, content } = await given.ask({ query });
    expect(statusCode).toBe(200);
    expect(content).toMatchObject({ result: 'dry run', pools: [{ name: 'web', state: 'registered', healthy: true }] });
    expect(given.deregistered).toEqual([]);
  });

  test('for a dry run in JSON changes nothing either', async () => {
    const given = new EndpointGiven();
    expect((await given.ask(json({ id: INSTANCE, dryRun: true }))).content).toMatchObject({ result: 'dry run' });
    expect(given.deregistered).toEqual([]);
  });

  test('tells whom an IP target is left to', async () => {
    const given = new EndpointGiven({ pool: { by: 'ip', controlled: true }, balancing: controllersTarget() });
    const { statusCode, content } = await given.ask({ query: `${id}&timeout=0` });
    expect(statusCode).toBe(202);
    expect(content.pools).toMatchObject([{ state: 'registered', keptBy: 'AWS Load Balancer Controller' }]);
    expect(given.deregistered).toEqual([]);
  });
});

const controllersTarget = () => ({
  targets: () => Promise.resolve([{ id: ADDRESS, port: 80, state: 'registered', healthy: true } as const]),
});

describe('health', () => {
  test.each(['GET', 'HEAD'])('is answered to %s, whoever asks', async (method) => {
    const { statusCode, content } = await new EndpointGiven().ask({ method, path: '/health', signedBy: undefined });
    expect([statusCode, content]).toEqual([200, { result: 'healthy' }]);
  });
});

describe('when AWS', () => {
  const throttled = awsError('ThrottlingException', 'Rate exceeded', { httpStatusCode: 400, attempts: 4 });
  const silent = awsError('TimeoutError', 'Request timed out', { attempts: 4 });
  const denial = 'User: x is not authorized to perform: elasticloadbalancing:DeregisterTargets on resource: web';
  const denied = awsError('AccessDenied', denial, { httpStatusCode: 403 });

  test.each<[string, Error, number, object]>([
    ['fails', throttled, 502, { error: 'AWS failed', reason: 'ThrottlingException: Rate exceeded' }],
    ['does not answer', silent, 504, { error: 'AWS did not answer', reason: 'TimeoutError: Request timed out' }],
  ])('%s to find the instance or its pools, says so', async (_, error, status, content) => {
    const fails = () => Promise.reject(error);
    for (const given of [
      new EndpointGiven({ finder: { find: fails } }),
      new EndpointGiven({ balancing: { pools: fails } }),
    ]) {
      const answer = await given.ask({ query: id });
      expect([answer.statusCode, answer.content]).toMatchObject([status, content]);
      expect(answer.headers['retry-after']).toBeDefined();
      expect(given.deregistered).toEqual([]);
      expect(given.events.at(-1)).toMatchObject({ type: 'withdrawal.answered', status });
    }
  });

  test.each<[string, Error, number]>([
    ['fails', throttled, 502],
    ['does not answer', silent, 504],
  ])('%s at a pool, names it', async (_, error, status) => {
    const given = new EndpointGiven({ balancing: { deregister: () => Promise.reject(error) } });
    const { statusCode, content } = await given.ask({ query: id });
    expect(statusCode).toBe(status);
    expect(content.reason).toBe(`target group web: ${error.name}: ${error.message}`);
  });

  test('refuses a pool that is not tagged, says what would help', async () => {
    const given = new EndpointGiven({ balancing: { deregister: () => Promise.reject(denied) } });
    const { statusCode, content } = await given.ask({ query: id });
    expect(statusCode).toBe(502);
    expect(content.fix).toContain('endpoint.untagged');
  });

  test('is not to blame, the function fails: the mistake is ours', async () => {
    const mistake = new TypeError('undefined is not a function');
    const given = new EndpointGiven({ balancing: { deregister: () => Promise.reject(mistake) } });
    await expect(given.ask({ query: id })).rejects.toThrow(WithdrawalFailed);
  });
});

describe('the journal', () => {
  test('tells who asked for what, and the answer', async () => {
    const given = new EndpointGiven();
    await given.ask({ query: `${id}&timeout=0&pw=s3cret` });
    expect(given.events).toEqual([
      {
        type: 'withdrawal.requested',
        asked: INSTANCE,
        by: CALLER,
        from: '203.0.113.7',
        dryRun: false,
        timeoutSeconds: 0,
      },
      { type: 'withdrawal.answered', asked: INSTANCE, instance: INSTANCE, status: 202, seconds: 0, pools: ['web'] },
    ]);
  });
});
