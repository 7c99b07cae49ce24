/** Names of metrics, for the journal that writes them and the alarms that watch them. */
import { DEFAULT_NAME } from '../../core/aws/installation.ts';

/** Each installation has its own namespace, because most metrics name only the function that counts. */
export function metricNamespace(installation: string): string {
  return installation === DEFAULT_NAME ? 'Ebb' : `Ebb/${installation}`;
}

export const METRICS = {
  retirement: 'Retirement',
  hookForgotten: 'HookForgotten',
  clusterUnswept: 'ClusterUnswept',
  breakerHeld: 'BreakerHeld',
  noticeStale: 'NoticeStale',
  noticeFailed: 'NoticeFailed',
  noticeRefused: 'NoticeRefused',
  budgetUnreadable: 'BudgetUnreadable',
  marksUnreadable: 'MarksUnreadable',
  secretUnreadable: 'SecretUnreadable',
  clusterAway: 'ClusterAway',
  rotationFailed: 'RotationFailed',
  instanceOrphaned: 'InstanceOrphaned',
  evacuationFailed: 'EvacuationFailed',
  guestStayed: 'GuestStayed',
  cloudUnsynced: 'CloudUnsynced',
} as const;
