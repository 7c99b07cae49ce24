import type { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';

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
