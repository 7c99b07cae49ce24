/**
 * Paces the calls to Elastic Load Balancing: every try of every call of a client waits until the rate allows it.
 *
 * AWS allows an account, for each API version, 40 calls at once and 10 more each second; of these, 20 and 4 to register
 * and deregister (user guide, «Request throttling for the ELB API»). One process stays below with both kinds together:
 * a long scan is not throttled, and does not hold up a deregistration or its undo. Other processes use the same limits:
 * a client with `retryMode: 'adaptive'` slows down further once it is throttled.
 */
import type { ElasticLoadBalancingClient } from '@aws-sdk/client-elastic-load-balancing';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { CallPace, type Rate } from '../aws/call-pace.ts';

export const READ_RATE: Rate = { burst: 20, perSecond: 6, inFlight: 6 };
export const REGISTRATION_RATE: Rate = { burst: 15, perSecond: 3, inFlight: 2 };

const REGISTRATION = /^(Reg|Dereg)ister/;

/** Adds the pace to both clients, once for each client. They share it, though AWS counts them apart. */
export function pace(classic: ElasticLoadBalancingClient, v2: ElasticLoadBalancingV2Client): void {
  const reading = new CallPace(READ_RATE);
  const registrations = new CallPace(REGISTRATION_RATE);
  const paced =
    <Call, Answer>(next: (call: Call) => Promise<Answer>, { commandName = '' }: { commandName?: string }) =>
    (call: Call): Promise<Answer> =>
      (REGISTRATION.test(commandName) ? registrations : reading).run(() => next(call));
  // Within the retries, so that a try that pauses does not count as in flight. Before the signature, which would expire
  // while it waits.
  const place = { name: 'callPace', relation: 'after', toMiddleware: 'retryMiddleware', override: true } as const;
  classic.middlewareStack.addRelativeTo(paced, place);
  v2.middlewareStack.addRelativeTo(paced, place);
}
