/**
 * `npm run bench`: Ebb and, where it is on PATH, `kubectl drain`, on the same peer: seconds, requests, refusals and the
 * lowest Ready counts, as a table or as JSON.
 */
import Table from 'cli-table3';
import { parseArgs } from 'node:util';
import type { DrainCase, Measurement } from './drain-case.ts';
import { measureEbb } from './drain-ebb.ts';
import { kubectlVersion, measureKubectl } from './drain-kubectl.ts';

const { values } = parseArgs({
  options: {
    pods: { type: 'string', default: '30,100,250' },
    shutdown: { type: 'string', default: '0' },
    budgets: { type: 'string', default: 'none,1' },
    json: { type: 'boolean', default: false },
    'without-kubectl': { type: 'boolean', default: false },
  },
});

const version = values['without-kubectl'] ? undefined : await kubectlVersion();
if (version === undefined && !values['without-kubectl']) console.error('kubectl is not on PATH: only Ebb is measured');

const measurements: Measurement[] = [];
for (const drain of cases()) {
  measurements.push(await measureEbb(drain));
  if (version !== undefined) measurements.push(await measureKubectl(drain, version));
}
console.log(values.json ? JSON.stringify(measurements, undefined, 2) : table(measurements));

function cases(): DrainCase[] {
  return list(values.pods).flatMap((pods) =>
    list(values.shutdown).flatMap((shutdown) =>
      list(values.budgets).map((budgets) => ({ pods: Number(pods), shutdownSeconds: Number(shutdown), budgets })),
    ),
  );
}

function list(option: string): string[] {
  return option.split(',').map((part) => part.trim());
}

function table(rows: readonly Measurement[]): string {
  const printed = new Table({
    head: ['pods', 'shutdown', 'budget', 'drainer', 'seconds', 'requests', '429', 'lowest Ready of 10', 'violations'],
    style: { head: [], border: [], compact: true },
    colAligns: ['right', 'right', 'left', 'left', 'right', 'right', 'right', 'right', 'right'],
  });
  for (const { pods, shutdownSeconds, budgets, drainer, seconds, requests, refused, lowestReady, violations } of rows) {
    const budget = budgets === 'none' ? 'none' : `maxUnavailable ${budgets}`;
    const took = seconds.toFixed(1);
    printed.push([pods, `${shutdownSeconds} s`, budget, drainer, took, requests, refused, lowestReady, violations]);
  }
  return printed.toString();
}
