import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { METRICS } from '../lambdas/entry/metric-names.ts';
import { METRIC_NAMESPACE } from '../lambdas/entry/metric-names.ts';

/** A metric that a function's journal counts by. @param service the function's entry */
export function countedBy(service: string, metricName: (typeof METRICS)[keyof typeof METRICS]): Metric {
  return new Metric({
    namespace: METRIC_NAMESPACE,
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
