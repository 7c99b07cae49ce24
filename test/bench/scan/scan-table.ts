/** What scans take, for people, within 80 columns. */
import { MEMORY_MEGABYTES } from '../../../infra/bundling/drift-memory.ts';
import { lefts, plainTable, rights, type Cell } from '../../command/plain-table.ts';
import type { ScanMeasurement } from './scan-measurement.ts';

/** Of one vCPU; a function has it in proportion to its memory (Lambda developer guide). */
const MEMORY_OF_A_CPU = 1_769;

const FIGURES = ['s', 'CPU s', 'Lambda', 'MB', 'above', 'K8s', 'AWS', 'answer'];

export function scanTable(rows: readonly ScanMeasurement[]): string {
  const [first] = rows;
  const { json = 0, wire = 0, instance = 0 } = first?.bytes ?? {};
  return [
    tableOf(rows),
    '',
    `A node is ${json} bytes of JSON (${wire} compressed), an instance ${instance} bytes of XML.`,
    `Lambda: seconds on the ${Math.round((100 * MEMORY_MEGABYTES) / MEMORY_OF_A_CPU)} % of a CPU of ${MEMORY_MEGABYTES} MB, without waiting.`,
    'MB: most resident memory. above: MB above a process that has loaded nothing.',
    'K8s, AWS: requests. answer: MB.',
  ].join('\n');
}

function tableOf(rows: readonly ScanMeasurement[]): string {
  const lines: Cell[][] = [];
  for (const row of rows) {
    const { scan, nodes, passes, peakMegabytes: peak, bareMegabytes: bare, answerMegabytes } = row;
    const requests = [sum(row.kubernetesRequests), sum(row.awsRequests)].map(Math.round);
    for (const [index, { seconds, cpuSeconds }] of passes.entries()) {
      const times = [seconds, cpuSeconds, lambdaSeconds(cpuSeconds)].map((each) => each.toFixed(1));
      const rest = index === 0 ? [peak, peak - bare, ...requests, answerMegabytes] : [];
      lines.push([...(index === 0 ? [scan, nodes, 'cold'] : ['', '', 'warm']), ...times, ...rest]);
    }
    const per = (value: number): string => ((value * 1_000) / nodes).toFixed(1);
    const cpu = passes.at(-1)?.cpuSeconds ?? 0;
    const times = ['', per(cpu), per(lambdaSeconds(cpu))];
    lines.push(['', '', 'per 1k', ...times, '', per(peak - bare), ...requests.map(per), per(answerMegabytes)]);
  }
  return plainTable([...lefts('scan'), ...rights('nodes'), ...lefts('run'), ...rights(...FIGURES)], lines);
}

function lambdaSeconds(cpuSeconds: number): number {
  return (cpuSeconds * MEMORY_OF_A_CPU) / MEMORY_MEGABYTES;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((all, count) => all + count, 0);
}
