/** Names that the journal gives its metrics, and infra its alarms. */
export const METRIC_NAMESPACE = 'Ebb';

export const METRICS = {
  retirement: 'Retirement',
  hookForgotten: 'HookForgotten',
  clusterUnswept: 'ClusterUnswept',
  breakerHeld: 'BreakerHeld',
  noticeStale: 'NoticeStale',
  noticeRefused: 'NoticeRefused',
  budgetUnreadable: 'BudgetUnreadable',
  secretUnreadable: 'SecretUnreadable',
} as const;
