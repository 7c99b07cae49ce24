/**
 * The journal: writes each domain event as a structured log line, and a few of them as EMF metrics too (contract 13).
 * Metrics are written at once, because a durable function that suspends runs no middleware afterwards.
 */
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { DomainEvent } from '../../core/events/domain-event.ts';
import { DEFAULT_NAME } from '../../core/aws/installation.ts';
import type { Journal } from '../../workflow/ports/journal.ts';
import { EventFormatter } from './event-formatter.ts';
import { metricNamespace, METRICS } from './metric-names.ts';

/** Characters at which a field is cut: a name or message from outside must not flood the log (contract 13.3). */
const LONGEST_FIELD = 1_000;

const WARNINGS: ReadonlySet<DomainEvent['type']> = new Set([
  'notice.failed',
  'notice.refused',
  'isolation.left',
  'retirement.held',
  'retention.missing',
  'instance.retained',
  'node.missing',
  'node.dead',
  'node.reisolated',
  'eviction.blocked',
  'controller.unknown',
  'pod.unschedulable',
  'pod.stuck',
  'pod.returned',
  'pod.forced',
  'pods.left',
  'volumes.awaited',
  'volumes.kept',
  'targets.late',
  'targets.unregistered',
  'withdrawal.refused',
  'operation.refused',
  'cluster.away',
  'stage.failed',
  'cluster.unswept',
  'marks.unreadable',
  'group.stopped',
  'group.held',
  'taints.ignored',
  'instance.orphaned',
  'budget.unreadable',
  'shifts.unread',
  'secret.unreadable',
  'guest.failed',
  'guest.aborted',
  'guest.stayed',
  'evacuation.failed',
  'cloud.away',
  'cloud.unsynced',
]);

/** @param installation name of the installation @default the default's */
export function journal(service: string, installation = DEFAULT_NAME): Journal {
  const logger = new Logger({ serviceName: service, logFormatter: new EventFormatter() });
  const metrics = new Metrics({ namespace: metricNamespace(installation), serviceName: service });
  return {
    report(event) {
      const fields = { ...(capped(event) as DomainEvent) };
      if (WARNINGS.has(event.type)) logger.warn(event.type, fields);
      else logger.info(event.type, fields);
      measure(event, metrics);
      count(event, metrics);
    },
  };
}

/** Logs failures of a function itself, which are no domain events. */
export const failures = new Logger({ logFormatter: new EventFormatter() });

/**
 * Events that are counted one by one, by function only: an alarm watches one metric, not one for each cluster, and a
 * refused notice has no cluster that could be trusted.
 */
const COUNTED: Partial<Record<DomainEvent['type'], string>> = {
  'notice.failed': METRICS.noticeFailed,
  'notice.refused': METRICS.noticeRefused,
  'budget.unreadable': METRICS.budgetUnreadable,
  'marks.unreadable': METRICS.marksUnreadable,
  'secret.unreadable': METRICS.secretUnreadable,
  'cluster.unswept': METRICS.clusterUnswept,
  'cluster.away': METRICS.clusterAway,
  'instance.orphaned': METRICS.instanceOrphaned,
  'evacuation.failed': METRICS.evacuationFailed,
  'guest.stayed': METRICS.guestStayed,
  'cloud.unsynced': METRICS.cloudUnsynced,
};

function count(event: DomainEvent, metrics: Metrics): void {
  const failed = event.type === 'rotation.finished' && event.result === 'failed';
  const counted = failed ? METRICS.rotationFailed : COUNTED[event.type];
  if (counted !== undefined) metrics.singleMetric().addMetric(counted, MetricUnit.Count, 1);
}

/** Dimensions are cluster, group and result only: a finer one costs a metric for each of its values (contract 13.1). */
function measure(event: DomainEvent, metrics: Metrics): void {
  switch (event.type) {
    case 'retirement.finished': {
      const metric = metrics.singleMetric();
      metric.clearDefaultDimensions();
      metric.addDimensions({ cluster: event.cluster, group: event.group, result: event.result });
      metric.addMetric(METRICS.retirement, MetricUnit.Seconds, event.seconds);
      return;
    }
    case 'sweep.finished':
      // Each start is an instance whose event was lost: there should be none.
      if (event.started > 0) metrics.singleMetric().addMetric(METRICS.hookForgotten, MetricUnit.Count, event.started);
      return;
    case 'cluster.unswept': {
      const metric = metrics.singleMetric();
      metric.clearDefaultDimensions();
      metric.addDimensions({ cluster: event.cluster });
      metric.addMetric(METRICS.clusterUnswept, MetricUnit.Count, 1);
      return;
    }
    case 'retirement.held':
      if (event.breaker) metrics.singleMetric().addMetric(METRICS.breakerHeld, MetricUnit.Count, 1);
      return;
    case 'notice.ignored':
      if (event.stale) metrics.singleMetric().addMetric(METRICS.noticeStale, MetricUnit.Count, 1);
      return;
    default:
      return;
  }
}

/** Control characters that a terminal obeys and JSON does not escape: it escapes only those below U+0020. */
const UNESCAPED_CONTROLS = /[\u007f-\u009f]/g;

function capped(value: unknown): unknown {
  if (typeof value === 'string') return cappedText(value);
  if (Array.isArray(value)) return value.map(capped);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, capped(field)]));
  }
  return value;
}

function cappedText(text: string): string {
  const visible = text.replaceAll(UNESCAPED_CONTROLS, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
  return visible.length > LONGEST_FIELD ? `${visible.slice(0, LONGEST_FIELD)}…` : visible;
}
