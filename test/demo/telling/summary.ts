/** The end of the demo in words: times, what every workload kept, and whether what was expected holds. */
import Table from 'cli-table3';
import { counted } from '../../../infra/cli/reports/report-words.ts';
import type { Cost } from '../../driving/retirement-cost.ts';
import type { Outcome, Traffic } from '../scenario.ts';
import { wrapLines } from './wrapping.ts';

type Style = (style: 'green' | 'red' | 'bold', text: string) => string;

/** @param columns of the terminal */
export function summary(outcome: Outcome, style: Style, columns: number): string {
  const { stages, workloads, expectations, cost, traffic, capacity } = outcome;
  const times = new Table({
    head: ['stage over', 'seconds'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right'],
  });
  for (const [stage, after] of Object.entries(stages)) times.push([stage, after.toFixed(1)]);
  const kept = new Table({
    head: ['workload', 'budget', 'replicas', 'at least', 'lowest Ready'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'right', 'right', 'right'],
  });
  for (const { workload, budget, replicas, floor, lowestReady } of workloads) {
    kept.push([shortWorkload(workload), budget, replicas, floor, lowestReady]);
  }
  const checks = expectations.map(({ what, holds, found }) => {
    const [mark, text] = holds ? [style('green', '✔'), what] : [style('red', '✘'), `${what}: ${found}`];
    return `${mark} ${wrapLines(text, columns - 2).replaceAll('\n', '\n  ')}`;
  });
  const hasRun = Object.keys(stages).length > 0;
  const account = [
    times.toString(),
    kept.toString(),
    ...(traffic === undefined ? [] : [trafficTable(traffic)]),
    ...(capacity === undefined ? [] : ['Ready nodes over time:', ...capacity]),
    wrapLines(drainLine(outcome), columns),
    ...(cost === undefined ? [] : [wrapLines(costLine(cost), columns)]),
    '',
  ];
  return [
    // A plan alone has moved nothing.
    ...(hasRun ? account : []),
    ...checks,
    '',
    outcome.ok ? style('green', 'All of it holds.') : style('red', 'Not all of it holds.'),
  ].join('\n');
}

function drainLine({ pods, forced = 0, requests, unbudgetedControllers, seconds }: Outcome): string {
  const left = [`${counted(pods, 'pod')} evicted`, ...(forced === 0 ? [] : [`${forced} forced`])].join(', ');
  const paced = unbudgetedControllers === 1 ? 'was paced' : 'were paced';
  return [
    `${left} in ${seconds} s with ${requests.kubernetes} Kubernetes and ${requests.aws} AWS requests;`,
    `${counted(unbudgetedControllers, 'controller')} without a budget ${paced}.`,
  ].join(' ');
}

function costLine({ billedSeconds, suspendedSeconds, operations, invocations, dollars }: Cost): string {
  return `Billed for retirements: ${billedSeconds} s of Lambda in ${counted(invocations, 'invocation')} and ${counted(operations, 'durable operation')}, suspended for ${suspendedSeconds} s: $${dollars}.`;
}

function trafficTable({ pools, served, failed }: Traffic): string {
  const table = new Table({
    head: ['requests to', 'through', 'served', 'failed'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'left', 'right', 'right'],
  });
  for (const pool of pools) table.push([pool.name, pool.behind, pool.served, pool.failed]);
  table.push(['all', '', served, failed]);
  return table.toString();
}

/** `namespace/Kind/name` without the kind, and without the hash that a ReplicaSet's name ends in. */
function shortWorkload(workload: string): string {
  const [namespace, kind, name = ''] = workload.split('/');
  return `${namespace ?? ''}/${kind === 'ReplicaSet' ? name.replace(/-[^-]+$/, '') : name}`;
}
