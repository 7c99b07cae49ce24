/** Who is let in by a secret (contract 7.4), and that it stands nowhere afterwards (contract 13.3). */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { secretDoorkeeper } from '../../../lambdas/entry/http/secret.ts';
import { MINUTE, NOON, SECOND } from '../../given.ts';
import { EndpointGiven, INSTANCE, type UrlRequest } from './given.ts';

const SECRET = 'correct horse+battery/staple=';
const TOKEN = 't0ken-of-sixteen';
const OLD = 'older-of-sixteen';
const ENCODED = encodeURIComponent(SECRET);
const id = `id=${INSTANCE}&timeout=0`;

beforeEach(() => {
  vi.useFakeTimers({ now: NOON, toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An endpoint whose secret can be changed, and how often it was read. */
function withSecret(first = SECRET) {
  const secret = { current: first, reads: 0 };
  const read = (): Promise<string> => {
    secret.reads += 1;
    return Promise.resolve(secret.current);
  };
  const given = new EndpointGiven({ doorkeeper: secretDoorkeeper(read) });
  const status = async (request: UrlRequest): Promise<number> =>
    (await given.ask({ signedBy: undefined, ...request })).statusCode;
  return { given, secret, status };
}

const bearer = (token: string): UrlRequest => ({ query: id, headers: { Authorization: `Bearer ${token}` } });

describe('the right secret', () => {
  test.each<[string, UrlRequest]>([
    ['pw in the query, as hasta-la-vista has it', { query: `pw=${ENCODED}&${id}` }],
    ['pw behind the id', { query: `${id}&pw=${ENCODED}` }],
  ])('lets in: %s', async (_, request) => {
    const { given, status } = withSecret();
    expect(await status(request)).toBe(202);
    expect(given.deregistered).toHaveLength(1);
  });

  test.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `Bearer  ${TOKEN} `])(
    'lets in as header %j',
    async (authorization) => {
      const { status } = withSecret(TOKEN);
      expect(await status({ query: id, headers: { authorization } })).toBe(202);
    },
  );
});

describe('anything else is 403, changes nothing and is told without what was sent:', () => {
  test.each<[string, UrlRequest]>([
    ['none', { query: id }],
    ['an empty one', { query: `${id}&pw=` }],
    ['a wrong one', { query: `${id}&pw=wrong` }],
    ['a part of it', { query: `${id}&pw=${encodeURIComponent(SECRET.slice(0, -1))}` }],
    ['one with something behind', { query: `${id}&pw=${ENCODED}x` }],
    ['the right one twice', { query: `${id}&pw=${ENCODED}&pw=${ENCODED}` }],
    ['a wrong one before the right one', { query: `pw=wrong&${id}&pw=${ENCODED}` }],
    [
      'a wrong header beside the right pw',
      { query: `${id}&pw=${ENCODED}`, headers: { authorization: 'Bearer wrong' } },
    ],
    ['two headers, as Lambda joins them', bearer('wrong,wrong')],
    ['another scheme', { query: id, headers: { authorization: `Basic ${btoa(`x:${SECRET}`)}` } }],
    ['a signature', { query: id, signedBy: 'arn:aws:iam::123456789012:user/operator' }],
    ['it in the body', { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ pw: SECRET }) }],
    ['it under another name', { query: `${id}&PW=${ENCODED}` }],
  ])('%s', async (_, request) => {
    const { given } = withSecret();
    const answer = await given.ask({ signedBy: undefined, ...request });
    expect(answer.statusCode).toBe(403);
    expect(given.deregistered).toEqual([]);
    expect(given.events).toEqual([
      { type: 'withdrawal.refused', from: '203.0.113.7', reason: 'no secret, a wrong one, or no signature' },
    ]);
    expect(JSON.stringify([answer, given.events])).not.toContain(SECRET);
  });

  test('without it, no fault of the request is told', async () => {
    const { status } = withSecret();
    expect(await status({ query: 'id=nonsense' })).toBe(403);
  });
});

describe('the secret', () => {
  test('is read once in five minutes', async () => {
    const { secret, status } = withSecret(TOKEN);
    for (let minute = 0; minute < 5; minute += 1) {
      expect(await status(bearer(TOKEN))).toBe(202);
      vi.advanceTimersByTime(MINUTE - 1);
    }
    expect(secret.reads).toBe(1);
    vi.advanceTimersByTime(MINUTE);
    expect(await status(bearer(TOKEN))).toBe(202);
    expect(secret.reads).toBe(2);
  });

  test('that has been rotated lets in at once, and the one before does not', async () => {
    const { secret, status } = withSecret(OLD);
    expect(await status(bearer(OLD))).toBe(202);
    secret.current = TOKEN;
    vi.advanceTimersByTime(30 * SECOND);
    expect(await status(bearer(TOKEN))).toBe(202);
    expect(await status(bearer(OLD))).toBe(403);
  });

  test('is not read more than twice a minute, however many guess', async () => {
    const { secret, status } = withSecret(TOKEN);
    for (let guess = 0; guess < 600; guess += 1) {
      expect(await status(bearer(`guess-${guess}`))).toBe(403);
      vi.advanceTimersByTime(100);
    }
    expect(secret.reads).toBe(2);
  });

  test('is not asked for when none was sent', async () => {
    const { secret, status } = withSecret();
    expect(await status({ query: id })).toBe(403);
    expect(secret.reads).toBe(0);
  });
});

describe('a secret that cannot let anybody in is 502, and says why in the log alone:', () => {
  const denied = Object.assign(
    new Error(
      'User: arn:aws:sts::123456789012:assumed-role/endpoint/x is not authorized to perform: secretsmanager:GetSecretValue on resource: ebb/endpoint',
    ),
    { name: 'AccessDeniedException', $metadata: { httpStatusCode: 400 } },
  );
  const slow = Object.assign(new Error('slow'), { name: 'TimeoutError', $metadata: { attempts: 4 } });

  test.each<[string, () => Promise<string>, string]>([
    ['refused', () => Promise.reject(denied), `the secret cannot be read: ${String(denied)}`],
    ['unanswered', () => Promise.reject(slow), 'the secret cannot be read: TimeoutError: slow'],
    ['empty', () => Promise.reject(new Error('it has no text')), 'the secret cannot be read: Error: it has no text'],
    [
      'of 15 characters',
      () => Promise.resolve(TOKEN.slice(1)),
      'the secret has 15 characters, which can be guessed: give it 16 at least, at random',
    ],
  ])('%s', async (_, read, reason) => {
    const given = new EndpointGiven({ doorkeeper: secretDoorkeeper(read) });
    const answer = await given.ask(bearer(TOKEN.slice(1)));
    expect(answer.statusCode).toBe(502);
    expect(answer.content).toEqual({
      error: 'bad gateway',
      message: 'who asks cannot be checked now: the log of the endpoint says why',
    });
    expect(given.events).toEqual([{ type: 'secret.unreadable', from: '203.0.113.7', reason }]);
    expect(given.deregistered).toEqual([]);
  });

  test('is looked at again after half a minute, and not for everybody who guesses', async () => {
    const { secret, status } = withSecret('short');
    for (let guess = 0; guess < 100; guess += 1) {
      expect(await status(bearer('short'))).toBe(502);
      vi.advanceTimersByTime(300);
    }
    expect(secret.reads).toBe(1);
    secret.current = TOKEN;
    expect(await status(bearer(TOKEN))).toBe(202);
  });

  test('is not asked for when none was sent', async () => {
    const given = new EndpointGiven({ doorkeeper: secretDoorkeeper(() => Promise.reject(denied)) });
    expect((await given.ask({ query: id, signedBy: undefined })).statusCode).toBe(403);
  });
});
