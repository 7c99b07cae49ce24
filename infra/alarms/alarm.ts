import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import type { METRICS } from '../../lambdas/entry/reporting/metric-names.ts';
import { metricNamespace } from '../../lambdas/entry/reporting/metric-names.ts';

/** A metric that a function's journal counts by. @param service the function's entry */
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

/** An alarm that is raised by the first of something that should not happen. */
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

/** SQS tells the metrics of a queue that was not used for hours as much as so many minutes late. */
const LATE_MINUTES = 15;

/**
 * An alarm that is raised by each letter that comes to a dead-letter queue, and is over a quarter of an hour later,
 * whether or not the letter has been read: an alarm on what the queue holds would stay raised after the first one, and
 * say nothing of the second.
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

/** Alarms on a function that fails, and on one that Lambda does not let run because too many run already. */
export function alarmOnFailures(scope: Construct, { lambda, entry }: { lambda: IFunction; entry: string }): void {
  const period = Duration.minutes(5);
  alarmOnAny(scope, 'ErrorAlarm', { metric: lambda.metricErrors({ period }), means: `${entry} has failed` });
  alarmOnAny(scope, 'ThrottleAlarm', {
    metric: lambda.metricThrottles({ period }),
    means: `${entry} was not let run: as many run already as its concurrency, or the account's, allows`,
  });
}

/** An alarm that is raised when a function that runs every few minutes has not run for three times as long. */
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
