/** Names that the journal gives its metrics, and infra its alarms. */
import { DEFAULT_NAME } from '../../core/aws/installation.ts';

/** Of its own for each installation: most metrics say no more than which function counts. */
export function metricNamespace(installation: string): string {
  return installation === DEFAULT_NAME ? 'Ebb' : `Ebb/${installation}`;
}

export const METRICS = {
  retirement: 'Retirement',
  hookForgotten: 'HookForgotten',
  clusterUnswept: 'ClusterUnswept',
  breakerHeld: 'BreakerHeld',
  noticeStale: 'NoticeStale',
  noticeRefused: 'NoticeRefused',
  budgetUnreadable: 'BudgetUnreadable',
  marksUnreadable: 'MarksUnreadable',
  secretUnreadable: 'SecretUnreadable',
  clusterAway: 'ClusterAway',
} as const;
