/** The answers of the HTTP endpoint (contract 7.4): JSON that says what happened and what to do. */
import type { AwsFailure } from '../../adapters/aws/failure.ts';
import type { Remaining, WithdrawalOutcome } from '../../workflow/traffic/withdraw-instance.ts';

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Seconds after which the caller should ask again. */
const RETRY_AFTER = '15';

/** Characters at which a message of AWS is cut. */
const LONGEST_REASON = 1_000;

function answer(statusCode: number, content: object, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  const body = `${JSON.stringify(content)}\n`;
  return { statusCode, headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }, body };
}

export const healthy = (): HttpAnswer => answer(200, { result: 'healthy' });

/** @param faults each names its field and says what it must be */
export const badRequest = (faults: readonly string[]): HttpAnswer => answer(400, { error: 'bad request', faults });

export const notAdmitted = (): HttpAnswer =>
  answer(403, {
    error: 'forbidden',
    message:
      'the secret is missing or wrong: send the header Authorization: Bearer <secret>, or pw=<secret> in the query; ' +
      'an endpoint without a secret takes requests that are signed with AWS credentials',
  });

export const admissionFailed = (): HttpAnswer =>
  answer(
    502,
    { error: 'bad gateway', message: 'who asks cannot be checked now: the log of the endpoint says why' },
    {
      'retry-after': RETRY_AFTER,
    },
  );

export const noSuchPath = (): HttpAnswer =>
  answer(404, { error: 'not found', message: 'there is nothing here: use POST /drain or GET /health' });

export const wrongMethod = (allowed: string): HttpAnswer =>
  answer(405, { error: 'method not allowed', message: `use ${allowed}` }, { allow: allowed });

export const bodyTooLarge = (limit: number): HttpAnswer =>
  answer(413, { error: 'body too large', message: `send ${limit} bytes at most: a few fields are enough` });

export const wrongContentType = (): HttpAnswer =>
  answer(415, {
    error: 'unsupported media type',
    message: 'send the body as JSON in UTF-8 with Content-Type: application/json, or send everything in the query',
  });

export function answerTo(outcome: WithdrawalOutcome): HttpAnswer {
  switch (outcome.kind) {
    case 'unknown': {
      const message =
        'no instance of these is in an allowed VPC: it is unknown, has terminated, or its VPC is neither that of a ' +
        'configured cluster nor one of endpoint.vpcs';
      return answer(404, { error: 'not found', message });
    }
    case 'ambiguous':
      return badRequest([`ip: ${outcome.instances.join(' and ')} have it: send the id of one of them`]);
    case 'rehearsed':
      return answer(
        200,
        withPools('dry run', outcome, 'nothing was changed; without dryRun it would leave these pools'),
      );
    case 'draining': {
      const message = 'it is still in these pools: ask again';
      return answer(202, withPools('draining', outcome, message), { 'retry-after': RETRY_AFTER });
    }
    case 'withdrawn':
      return answer(200, { result: 'withdrawn', instance: outcome.instance, pools: [] });
  }
}

export function answerToFailure({ kind, reason }: AwsFailure): HttpAnswer {
  const message = 'what could be done is done, and asking again goes on from there';
  const content = { message, reason: reason.slice(0, LONGEST_REASON), ...fixOf(reason) };
  const headers = { 'retry-after': RETRY_AFTER };
  return kind === 'failed'
    ? answer(502, { error: 'AWS failed', ...content }, headers)
    : answer(504, { error: 'AWS did not answer', ...content }, headers);
}

/** Where AWS refuses: by default we may change only load balancers that are tagged for a configured cluster. */
function fixOf(reason: string): { fix?: string } {
  if (!reason.includes('not authorized to perform: elasticloadbalancing:Deregister')) return {};
  return { fix: 'tag it kubernetes.io/cluster/<name>=owned, or set endpoint.untagged in the configuration' };
}

function withPools(
  result: string,
  { instance, remaining }: { instance: string; remaining: readonly Remaining[] },
  message: string,
): object {
  return { result, instance, message, pools: remaining.map(poolFields) };
}

function poolFields({ pool, target, late }: Remaining): object {
  const { kind, name, id, by, controlled, drainSeconds } = pool;
  return {
    kind,
    name,
    id,
    target: target.port === undefined ? target.id : `${target.id}:${target.port}`,
    state: target.state,
    healthy: target.healthy,
    drainSeconds,
    // The controller takes them out itself, once their pods end.
    ...(controlled && by === 'ip' && { keptBy: 'AWS Load Balancer Controller' }),
    ...(late && { late }),
  };
}
