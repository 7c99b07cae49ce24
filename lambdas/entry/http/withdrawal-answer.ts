/** The answers to a request to withdraw (contract 7.4). */
import type { Remaining, WithdrawalOutcome } from '../../workflow/traffic/withdraw-instance.ts';
import { answer, badRequest, RETRY_AFTER, type HttpAnswer } from './answer.ts';

export const healthy = (): HttpAnswer => answer(200, { result: 'healthy' });

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

/** Where AWS refuses: by default we may change only load balancers that are tagged for a configured cluster. */
export function fixOf(reason: string): string | undefined {
  if (!reason.includes('not authorized to perform: elasticloadbalancing:Deregister')) return undefined;
  return 'tag it kubernetes.io/cluster/<name>=owned, or set endpoint.untagged in the configuration';
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
