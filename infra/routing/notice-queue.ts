import { Duration, Validations } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { EventSourceMapping, type Alias } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MOST_MESSAGES } from '../../lambdas/adapters/sqs/batch.ts';
import { PUT_OFF_ACTIONS } from '../../lambdas/adapters/sqs/put-off.ts';
import { alarmOnHeld } from '../alarms/alarm.ts';
import { deadLetterQueue } from '../ebb-function.ts';
import type { GrantedStatement } from '../permissions/granted-statement.ts';

/** What Lambda does with a queue on behalf of the function that reads it. */
export const READ_ACTIONS = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'] as const;

/** How often a message is delivered at most: once, and two retries, of which a storm takes one (contract 1.1). */
const DELIVERIES = 3;

/** How long Lambda collects a batch: the least that it takes for more than ten messages. */
const WINDOW = Duration.seconds(1);

/** Age of a message from which somebody should know: it has failed twice, or nothing reads the queue. */
const OLD = Duration.minutes(5);

/**
 * The queue between rules and router. In a storm it gives the router up to fifty notices at a time, which are verified with
 * one call to Auto Scaling; and it keeps what the account's concurrency has no place for (faults 15, 29).
 */
export class NoticeQueue extends Construct {
  readonly queue: Queue;

  /** @param timeout time limit of the function that reads the queue */
  constructor(scope: Construct, id: string, { timeout }: { timeout: Duration }) {
    super(scope, id);
    const deadLetters = deadLetterQueue(this, 'DeadLetters', 'events that the router could not handle', alarmOnHeld);
    this.queue = new Queue(this, 'Notices', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(1),
      // SQS must not hand out a message again that is being handled.
      visibilityTimeout: timeout.plus(Duration.seconds(60)),
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: DELIVERIES },
    });
    this.queue
      .metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1), statistic: 'Maximum' })
      .createAlarm(this, 'AgeAlarm', {
        alarmDescription: `Ebb: an event has waited for ${OLD.toMinutes()} minutes for the interruption router`,
        threshold: OLD.toSeconds(),
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
  }

  /** What the role of the reading function must be allowed. */
  get reading(): GrantedStatement {
    return { actions: [...READ_ACTIONS, ...PUT_OFF_ACTIONS], resources: [this.queue.queueArn] };
  }

  /** Has the function read the queue. */
  readBy(reader: Alias): void {
    const batches = new EventSourceMapping(this, 'Batches', {
      target: reader,
      eventSourceArn: this.queue.queueArn,
      batchSize: MOST_MESSAGES,
      maxBatchingWindow: WINDOW,
      reportBatchItemFailures: true,
    });
    Validations.of(batches).acknowledge({
      id: 'Serverless-LambdaEventSourceMappingDestination',
      reason: 'A mapping of a queue takes none: what fails goes to the dead-letter queue of the queue.',
    });
  }
}
