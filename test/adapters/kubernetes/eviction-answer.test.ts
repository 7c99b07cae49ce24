import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { evictionAnswer } from '../../../lambdas/adapters/kubernetes/eviction-answer.ts';
import { ClusterAway, ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import { aPod } from '../../given.ts';
import { KubernetesGiven } from './given.ts';

interface Recorded {
  readonly name: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly message?: string };
}

const recordings = (file: string): readonly Recorded[] =>
  JSON.parse(
    readFileSync(new URL(`../../peers/kubernetes/recorded/${file}.json`, import.meta.url), 'utf8'),
  ) as readonly Recorded[];

const POLICY = 'a policy denies an eviction';
const RECORDED = [...recordings('evictions'), ...recordings('denials').filter(({ name }) => name === POLICY)];

const OVER = 'The disruption budget web-0 needs 9 healthy pods and has 9 currently';
const SEVERAL = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';

/** What each recording means; `refused` is ClusterRefused. */
const MEANINGS: Readonly<Record<string, EvictionAnswer | 'refused'>> = {
  evicted: { kind: 'granted' },
  'over budget': { kind: 'over-budget', message: OVER },
  'evicted again while terminating': { kind: 'granted' },
  'not found': { kind: 'gone' },
  'another uid': { kind: 'gone' },
  'over budget in a dry run': { kind: 'over-budget', message: OVER },
  forbidden: 'refused',
  'two budgets': { kind: 'several-budgets', message: SEVERAL },
  'a budget that never allows': {
    kind: 'over-budget',
    message: 'The disruption budget never needs 10 healthy pods and has 10 currently',
  },
  'budget not yet processed': { kind: 'budget-pending', retryAfterSeconds: 10 },
  [POLICY]: {
    kind: 'denied',
    message:
      "pods \"web-0-5c856f99bc-f4b47\" is forbidden: ValidatingAdmissionPolicy 'deny-some' with binding 'deny-some' denied request: taints may not be altered, and nobody is evicted",
  },
};

describe('what a real server answered, sent again byte for byte (contract 4.3)', () => {
  test('every recording has a meaning', () => {
    expect(RECORDED.map(({ name }) => name).toSorted()).toEqual(Object.keys(MEANINGS).toSorted());
  });

  test.each(RECORDED)('$name: $status', async ({ name, status, headers, body }) => {
    await using given = await KubernetesGiven.start();
    const sent = Object.fromEntries(Object.entries(headers).filter(([header]) => header !== 'content-length'));
    given.peer.faults.answer({ resource: 'pods/eviction' }, status, JSON.stringify(body, undefined, 2), sent);
    const answer = given.cluster.evict(aPod());
    const meaning = MEANINGS[name];
    if (meaning !== 'refused') {
      expect(await answer).toEqual(meaning);
      return;
    }
    const error = await answer.catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ClusterRefused);
    const { message } = error as Error;
    expect(message.startsWith(`${body.message ?? 'nothing recorded'}: `)).toBe(true);
    expect(message).toContain('cannot create resource "pods/eviction"');
  });
});

const WEBHOOK = 'admission webhook "guard.acme.io" denied the request: not on a Friday';
const TIMED_OUT =
  'Internal error occurred: failed calling webhook "guard.acme.io": failed to call webhook: Post "https://guard.acme.svc:443/evict?timeout=10s": context deadline exceeded';

/** Answers that were not recorded, in the words of the API server's source. */
const TABLE: readonly [name: string, code: number, status: object | string, expected: EvictionAnswer | 'refused'][] = [
  // A webhook answers with a code of its choice: any of them is its denial.
  ...[400, 403, 404, 409, 422, 429, 500, 503].map(
    (code) =>
      [
        `a webhook that denies with ${code} (faults 49)`,
        code,
        { message: WEBHOOK, ...(code === 409 && { reason: 'Conflict' }) },
        { kind: 'denied-by-webhook', message: WEBHOOK },
      ] as [string, number, object, EvictionAnswer],
  ),
  [
    'a webhook that times out is named as what blocks the pod (faults 49)',
    500,
    { message: TIMED_OUT, reason: 'InternalError', details: { causes: [{ message: TIMED_OUT }] } },
    { kind: 'denied-by-webhook', message: TIMED_OUT },
  ],
  [
    'a conflict about something else than the uid is no word that the pod is gone',
    409,
    {
      message:
        'Operation cannot be fulfilled on Pod "web-1": the ResourceVersion in the precondition (5) does not match the ResourceVersion in record (6). The object might have been modified',
      reason: 'Conflict',
    },
    { kind: 'unknown', message: expect.stringContaining('might have been modified') as string },
  ],
  [
    'flow control with a plain page (faults 35)',
    429,
    'Too many requests, please try again later.',
    { kind: 'throttled' },
  ],
  [
    'flow control with a Status',
    429,
    { message: 'too many', reason: 'TooManyRequests', details: { retryAfterSeconds: 7 } },
    { kind: 'throttled', retryAfterSeconds: 7 },
  ],
  [
    'a budget cause without words falls back to the message',
    429,
    { message: 'Cannot evict pod', details: { causes: [{ reason: 'DisruptionBudget' }] } },
    { kind: 'over-budget', message: 'Cannot evict pod' },
  ],
  [
    'a terminating namespace by its cause',
    403,
    { message: 'forbidden', reason: 'Forbidden', details: { causes: [{ reason: 'NamespaceTerminating' }] } },
    { kind: 'namespace-terminating' },
  ],
  [
    'a terminating namespace by its words',
    403,
    { message: 'unable to create new content in namespace shop because it is being terminated', reason: 'Forbidden' },
    { kind: 'namespace-terminating' },
  ],
  [
    'a conflict over the budget that the server gave up on',
    504,
    { message: `Timeout: couldn't update PodDisruptionBudget "web" due to conflicts`, reason: 'Timeout' },
    { kind: 'unknown', message: `Timeout: couldn't update PodDisruptionBudget "web" due to conflicts` },
  ],
  ['500 with a page', 500, '<html>', { kind: 'unknown', message: 'HTTP 500 <html>' }],
  ['502 without words', 502, '', { kind: 'unknown', message: 'HTTP 502 ' }],
  ['408', 408, '', { kind: 'unknown', message: 'HTTP 408 ' }],
  ...(
    [
      [
        'a policy that gives a reason of its own',
        403,
        "pods \"web-1\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p' denied request: no",
      ],
      ['an admission plugin', 403, 'pods "web-1" is forbidden: exceeded quota: few, requested: pods=1'],
      ['a plugin that quotes a user', 403, 'pods "web-1" is forbidden: the label says: User "a" cannot leave'],
      ['a request that it takes for malformed', 400, 'name in URL does not match'],
      ['a verb that it does not take', 405, 'the server does not allow this method on the requested resource'],
      ['a body that it cannot take', 413, 'Request entity too large: limit is 3145728'],
      ['a media type', 415, '415: Unsupported Media Type'],
      ['what does not validate', 422, 'Pod "web-1" is invalid: spec: Forbidden'],
    ] as const
  ).map(
    ([name, code, message]) =>
      [`${name}, ${code}: that pod is denied`, code, { message }, { kind: 'denied', message }] as [
        string,
        number,
        object,
        EvictionAnswer,
      ],
  ),
  ['403 with a page of a proxy', 403, '<html>', { kind: 'denied', message: 'HTTP 403 <html>' }],
  [
    'RBAC without a name',
    403,
    {
      message:
        'pods is forbidden: User "a\\"b" cannot create resource "pods/eviction" in API group "" in the namespace "shop"',
    },
    'refused',
  ],
  [
    'RBAC’s word on a deletion',
    403,
    {
      message:
        'pods "web-1" is forbidden: User "arn:aws:sts::123456789012:assumed-role/ebb/x" cannot delete resource "pods" in API group "" in the namespace "shop"',
    },
    'refused',
  ],
];

describe('an answer that was not recorded (contract 4.3)', () => {
  test.each(TABLE)('%s', async (_name, code, status, expected) => {
    const body = typeof status === 'string' ? status : JSON.stringify({ kind: 'Status', status: 'Failure', ...status });
    const answer = evictionAnswer(Promise.reject(new ApiException(code, 'Unknown API Status Code!', body, {})));
    if (expected === 'refused') await expect(answer).rejects.toBeInstanceOf(ClusterRefused);
    else expect(await answer).toEqual(expected);
  });

  test('the Retry-After header counts before the Status', async () => {
    const body = JSON.stringify({ message: 'too many', details: { retryAfterSeconds: 7 } });
    const error = new ApiException(429, '', body, { 'retry-after': '2' });
    expect(await evictionAnswer(Promise.reject(error))).toEqual({ kind: 'throttled', retryAfterSeconds: 2 });
  });

  test('no answer at all is unknown', async () => {
    const answer = evictionAnswer(Promise.reject(new ClusterAway('reset')));
    expect(await answer).toEqual({ kind: 'unknown', message: 'reset' });
  });

  test.each([new ClusterRefused('no token'), new TypeError('a defect')])('%o stays what it is', async (error) => {
    await expect(evictionAnswer(Promise.reject(error))).rejects.toBe(error);
  });
});
