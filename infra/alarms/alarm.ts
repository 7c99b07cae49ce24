import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import type { METRICS } from '../../lambdas/entry/reporting/metric-names.ts';
import { metricNamespace } from '../../lambdas/entry/reporting/metric-names.ts';

/** Returns a metric that a function's log counts by. @param service the function's entry */
export function countedBy(
  service: string,
  { name }: Pick<Configuration, 'name'>,
  metricName: (typeof METRICS)[keyof typeof METRICS],
): Metric {
  return new Metric({
    namespace: metricNamespace(name),
    metricName,
    dimensionsMap: { service },
    statistic: Stats.SUM,
    period: Duration.minutes(5),
  });
}

/** Creates an alarm that the first occurrence raises. */
export function alarmOnAny(scope: Construct, id: string, { metric, means }: { metric: Metric; means: string }): Alarm {
  return new Alarm(scope, id, {
    alarmDescription: `Ebb: ${means}`,
    metric,
    threshold: 0,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}

/** Delay of the metrics of a queue that was not used for hours, minutes at most. */
const LATE_MINUTES = 15;

/**
 * Creates an alarm that each letter in a dead-letter queue raises. It ends a quarter of an hour later, read or not. An
 * alarm on the length of the queue would stay raised after the first letter, and say nothing of the second.
 */
export function alarmOnLetters(
  scope: Construct,
  id: string,
  { queue, means }: { queue: IQueue; means: string },
): Alarm {
  return new Alarm(scope, id, {
    alarmDescription: `Ebb: ${means}`,
    metric: queue.metricNumberOfMessagesSent({ statistic: Stats.SUM, period: Duration.minutes(1) }),
    threshold: 0,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: LATE_MINUTES,
    datapointsToAlarm: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}

/**
 * Creates an alarm that stays raised while letters are in a dead-letter queue that SQS itself moves them to: no metric
 * counts these as sent.
 */
export function alarmOnHeld(scope: Construct, id: string, { queue, means }: { queue: IQueue; means: string }): Alarm {
  const period = Duration.minutes(1);
  return alarmOnAny(scope, id, {
    metric: queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period }),
    means,
  });
}

/** Creates alarms on a function that fails, and on one that Lambda throttles because too many run already. */
export function alarmOnFailures(scope: Construct, { lambda, entry }: { lambda: IFunction; entry: string }): void {
  const period = Duration.minutes(5);
  alarmOnAny(scope, 'ErrorAlarm', { metric: lambda.metricErrors({ period }), means: `${entry} has failed` });
  alarmOnAny(scope, 'ThrottleAlarm', {
    metric: lambda.metricThrottles({ period }),
    means: `${entry} was not let run: as many run already as its concurrency, or the account's, allows`,
  });
}

/** Creates an alarm on silence: the function has not run for three of its intervals. */
export function alarmOnSilence(
  scope: Construct,
  id: string,
  { lambda, everyMinutes, means }: { lambda: IFunction; everyMinutes: number; means: string },
): Alarm {
  return new Alarm(scope, id, {
    alarmDescription: `Ebb: ${means}`,
    metric: lambda.metricInvocations({ period: Duration.minutes(everyMinutes) }),
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 3,
    treatMissingData: TreatMissingData.BREACHING,
  });
}
