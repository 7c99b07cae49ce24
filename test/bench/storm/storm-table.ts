/** What a storm came to, for people, within 80 columns. */
import { lefts, plainTable, rights } from '../../command/plain-table.ts';
import { LIMITS, type Limit } from './rates.ts';
import type { StormResult } from './storm-run.ts';

export function stormTable(result: StormResult): string {
  const { notices, lost, doubleDrains, isolatedP50, isolatedP99, isolatedLast, startedLast } = result;
  const figures: readonly (readonly [string, string | number])[] = [
    ['notices', notices],
    ['lost', lost],
    ['drained twice', doubleDrains],
    ['isolated after, p50', secondsOf(isolatedP50)],
    ['isolated after, p99', secondsOf(isolatedP99)],
    ['isolated after, last', secondsOf(isolatedLast)],
    ['started after, last', secondsOf(startedLast)],
    ['drained at once in a cluster', result.atOnce],
    ['until the last hook', secondsOf(result.seconds)],
    ['executions', result.executions],
    ['durable operations', result.operations],
    ['dollars', result.dollars.toFixed(2)],
  ];
  const width = Math.max(...figures.map(([name]) => name.length));
  const rates = plainTable(
    [...lefts('calls to AWS'), ...rights('limit/s', 'peak/s', 'calls', 'throttled')],
    result.rates.map(({ name, limit, peak, calls, throttled }) => [name, limitOf(limit), peak, calls, throttled]),
  );
  const assumed = Object.values(LIMITS).some((limit: Limit) => limit.assumed) ? '* assumed: AWS publishes none' : '';
  return [...figures.map(([name, value]) => `${name.padEnd(width)}  ${value}`), '', rates, assumed].join('\n');
}

function limitOf({ perSecond, assumed }: Limit): string {
  return `${perSecond}${assumed ? '*' : ''}`;
}

function secondsOf(seconds: number): string {
  return Number.isFinite(seconds) ? `${seconds.toFixed(1)} s` : 'never';
}
