/** What the HTTP endpoint refuses (contract 7.4): each fault is named with its field, and nothing is changed. */
import { describe, expect, test } from 'vitest';
import { ADDRESS, EndpointGiven, INSTANCE, VPC, type UrlRequest } from './given.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const json = (body: unknown, headers: Record<string, string> = JSON_TYPE): UrlRequest => ({
  headers,
  body: JSON.stringify(body),
});
const id = `id=${INSTANCE}`;

const CONTROLS = '\\u0000\\u001b[31m';
const LARGE = 'x'.repeat(1_048_576);

describe('a request that is refused changes nothing:', () => {
  test.each<[string, UrlRequest, number, string | RegExp]>([
    ['neither id nor ip', {}, 400, 'id: missing: send id=i-… or ip=…'],
    ['neither, in an empty body', json({}), 400, 'id: missing: send id=i-… or ip=…'],
    ['both', { query: `${id}&ip=${ADDRESS}` }, 400, 'id, ip: both are there: send one of them'],
    ['both, in two places', { query: id, ...json({ ip: ADDRESS }) }, 400, 'id, ip: both are there'],
    ['two instances', { query: id, ...json({ id: 'i-0fedcba9876543210' }) }, 400, 'id: query and body differ'],
    ['a dry run that is none', { query: `${id}&dryRun=1`, ...json({ dryRun: false }) }, 400, 'dryRun: query and body'],
    ['id twice', { query: `${id}&${id}` }, 400, 'id: stands in the query twice: send it once'],
    ['ids with a comma', { query: `${id},${INSTANCE}` }, 400, 'id: must be an instance id such as i-'],
    ['an empty id', { query: 'id=' }, 400, 'id: must be an instance id such as i-'],
    ['an id of another kind', { query: 'id=vpc-0123456789abcdef0' }, 400, 'id: must be an instance id such as i-'],
    ['an id in capitals', { query: `id=${INSTANCE.toUpperCase()}` }, 400, 'id: must be an instance id'],
    ['an id with a line end', { query: `${id}%0a` }, 400, 'id: must be an instance id'],
    ['an id of another type', json({ id: 7 }), 400, 'id: must be an instance id'],
    ['a list of ids', json({ id: [INSTANCE] }), 400, 'id: must be an instance id'],
    ['an address that is none', { query: 'ip=10.0.1.256' }, 400, 'ip: must be a private IPv4 address such as'],
    ['a filter’s wildcard', { query: 'ip=10.0.1.*' }, 400, 'ip: must be a private IPv4 address such as'],
    ['an IPv6 address', { query: 'ip=fd00::1' }, 400, 'ip: must be a private IPv4 address such as'],
    ['a dry run by another word', { query: `${id}&dryRun=yes` }, 400, 'dryRun: must be true or false'],
    ['a dry run without a value', { query: `${id}&dryRun` }, 400, 'dryRun: must be true or false'],
    ['a misspelt dry run', { query: `${id}&dryrun=true` }, 400, 'dryrun: is not known here: send id or ip, dryRun'],
    ['a timeout below nothing', { query: `${id}&timeout=-1` }, 400, 'timeout: must be whole seconds from 0 to 840'],
    [
      'a timeout that is no number',
      { query: `${id}&timeout=soon` },
      400,
      'timeout: must be whole seconds from 0 to 840',
    ],
    [
      'a timeout in parts of seconds',
      json({ id: INSTANCE, timeout: 1.5 }),
      400,
      'timeout: must be whole seconds from 0 to 840',
    ],
    [
      'a timeout longer than a function lives',
      { query: `${id}&timeout=841` },
      400,
      'timeout: must be whole seconds from 0 to 840',
    ],
    ['a percent sign that encodes nothing', { query: `${id}&dryRun=%zz` }, 400, 'query: must be percent-encoded UTF-8'],
    ['bytes that are no UTF-8', { query: `${id}&dryRun=%ff` }, 400, 'query: must be percent-encoded UTF-8'],
    ['a body that is no JSON', { headers: JSON_TYPE, body: `{"id":"${INSTANCE}"` }, 400, 'body: must be a JSON object'],
    ['a body that is a list', json([INSTANCE]), 400, 'body: must be a JSON object'],
    ['a number as text that is too long', { query: `${id}&timeout=${'9'.repeat(400)}` }, 400, 'timeout: must be whole'],
    ['a field without a name', { query: `${id}&=1` }, 400, '"": is not known here'],
    ['a body that is null', json(null), 400, 'body: must be a JSON object'],
    [
      'a prototype',
      { headers: JSON_TYPE, body: `{"__proto__":{"id":"${INSTANCE}"}}` },
      400,
      '__proto__: is not known here',
    ],
    ['a secret in the body', json({ id: INSTANCE, pw: 's3cret' }), 400, 'pw: is not known here'],
    ['control characters', { headers: JSON_TYPE, body: `{"id":"${CONTROLS}"}` }, 400, 'id: must be an instance id'],
    [
      'a body in base64 that is no UTF-8',
      { headers: JSON_TYPE, body: Buffer.from([0x22, 0xff, 0x22]).toString('base64'), isBase64Encoded: true },
      400,
      'body: must be a JSON object in UTF-8',
    ],
    ['an unknown instance', { query: 'id=i-0fedcba9876543210' }, 404, /unknown, has terminated, or its VPC/],
    ['an unknown address', { query: 'ip=10.9.9.9' }, 404, /unknown, has terminated, or its VPC/],
    ['another path', { path: '/', query: id }, 404, 'use POST /drain or GET /health'],
    ['a path below', { path: '/drain/it', query: id }, 404, 'use POST /drain or GET /health'],
    ['a path in capitals', { path: '/DRAIN', query: id }, 404, 'use POST /drain or GET /health'],
    ['a body of 1 MB', { query: id, headers: JSON_TYPE, body: LARGE }, 413, 'send 65536 bytes at most'],
    ['a body of 1 MB of any type', { query: id, body: LARGE }, 413, 'send 65536 bytes at most'],
    [
      'a body of 1 MB in base64',
      { query: id, headers: JSON_TYPE, body: Buffer.from(LARGE).toString('base64'), isBase64Encoded: true },
      413,
      'send 65536 bytes at most',
    ],
    ['a form', { ...json({ id: INSTANCE }, { 'content-type': 'application/x-www-form-urlencoded' }) }, 415, /JSON/],
    ['a body of no type', { ...json({ id: INSTANCE }, {}) }, 415, /Content-Type: application\/json/],
    [
      'another charset',
      { ...json({ id: INSTANCE }, { 'content-type': 'application/json; charset=utf-16' }) },
      415,
      /UTF-8/,
    ],
  ])('%s', async (_, request, status, words) => {
    const given = new EndpointGiven();
    const { statusCode, content } = await given.ask(request);
    expect(statusCode).toBe(status);
    const told = (content.faults as string[] | undefined) ?? [content.message];
    expect(told).toEqual([typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words)]);
    expect(given.deregistered).toEqual([]);
  });

  test('every fault is told at once, and no value is repeated', async () => {
    const { content, body } = await new EndpointGiven().ask({ query: 'id=hidden&timeout=never&mode=fast' });
    expect(content.faults).toHaveLength(3);
    expect(body).not.toMatch(/hidden|never|fast/);
  });

  test.each([
    ['GET', '/drain', 'POST'],
    ['HEAD', '/drain', 'POST'],
    ['PUT', '/drain', 'POST'],
    ['DELETE', '/drain/', 'POST'],
    ['OPTIONS', '/drain', 'POST'],
    ['POST', '/health', 'GET, HEAD'],
  ])('%s %s, which is not allowed', async (method, path, allow) => {
    const given = new EndpointGiven();
    const headers = { 'X-HTTP-Method-Override': 'POST', 'X-HTTP-Method': 'POST' };
    const answer = await given.ask({ method, path, query: id, headers });
    expect([answer.statusCode, answer.headers.allow]).toEqual([405, allow]);
    expect(given.deregistered).toEqual([]);
  });

  test('an instance of another VPC', async () => {
    const found = [{ instance: INSTANCE, vpc: 'vpc-0fedcba9876543210', addresses: [ADDRESS], tags: {} }];
    const given = new EndpointGiven({ found });
    const answers = [await given.ask({ query: id }), await given.ask({ query: `ip=${ADDRESS}` })];
    const unknown = await given.ask({ query: 'id=i-0fedcba9876543210' });
    // Whether there is such an instance is not told.
    expect(answers.map(({ body }) => body)).toEqual([unknown.body, unknown.body]);
    expect(given.deregistered).toEqual([]);
  });

  test('an address that machines of two VPCs have', async () => {
    const found = [INSTANCE, 'i-0fedcba9876543210'].map((instance) => ({
      instance,
      vpc: VPC,
      addresses: [ADDRESS],
      tags: {},
    }));
    const given = new EndpointGiven({ found });
    const { statusCode, content } = await given.ask({ query: `ip=${ADDRESS}` });
    expect(statusCode).toBe(400);
    expect(content.faults).toEqual([`ip: ${INSTANCE} and i-0fedcba9876543210 have it: send the id of one of them`]);
    expect(given.deregistered).toEqual([]);
  });

  test('a request that nobody has signed, where IAM decides', async () => {
    const given = new EndpointGiven();
    const { statusCode } = await given.ask({ query: id, signedBy: undefined });
    expect(statusCode).toBe(403);
    expect(given.deregistered).toEqual([]);
  });
});
