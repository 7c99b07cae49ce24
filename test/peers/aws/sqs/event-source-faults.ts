/** What Lambda refuses when a function is to read a queue, in its words. */
import type { Authorization } from '../iam/authorization.ts';
import type { Lambda } from '../lambda/lambda.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { EventSourcePlan } from './event-source.ts';
import type { Queues } from './queues.ts';

/** What the role of the reading function must be allowed. */
const NEEDED = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];

/** Messages of a batch that is not collected for a while, at most. */
const MOST_AT_ONCE = 10;

interface Parts {
  readonly queues: Queues;
  readonly lambda: Lambda;
  readonly authorization: Authorization;
}

/** @throws AwsError InvalidParameterValueException */
export function checkEventSource(plan: EventSourcePlan, { queues, lambda, authorization }: Parts): void {
  const { function: fn } = lambda.resolve(plan.function);
  const visibility = queues.settings(plan.queue).visibilityMs / 1000;
  if (visibility < fn.timeout) {
    throw refused(
      `Queue visibility timeout: ${visibility} seconds is less than Function timeout: ${fn.timeout} seconds`,
    );
  }
  if (plan.batchSize > MOST_AT_ONCE && plan.windowMs < 1_000) {
    throw refused('Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10');
  }
  for (const action of NEEDED) {
    const access = { action: `sqs:${action}`, resource: plan.queue, context: {} };
    if (authorization.verdict({ roleArn: fn.roleArn }, access) !== 'allowed')
      throw refused(`The provided execution role does not have permissions to call ${action} on SQS`);
  }
}

function refused(message: string): AwsError {
  return new AwsError('InvalidParameterValueException', message, 400);
}
