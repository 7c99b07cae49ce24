/** The bench's command line. */
import { parseArgs } from 'node:util';
import { orWrongUsage, WrongUsage } from '../../command/command.ts';
import { DEFAULT_DRAIN_TIMEOUT, drainTimeout } from '../../demo/own-cluster/drain-timeout.ts';
import type { OwnClusterOptions } from '../../demo/own-cluster/own-cluster-stage.ts';
import { REPLICAS, type DrainCase } from './drain-case.ts';

export interface BenchOptions {
  readonly help: boolean;
  readonly json: boolean;
  readonly yes: boolean;
  readonly withoutKubectl: boolean;
  readonly cases: readonly DrainCase[];
  /** Instead of the peer: a node of the user's own cluster. */
  readonly own: OwnBenchOptions | undefined;
}

export interface OwnBenchOptions extends OwnClusterOptions {
  /** Of the pods that the bench brings. */
  readonly image: string;
}

const DEFAULT_IMAGE = 'registry.k8s.io/pause:3.10';

export const USAGE = `npm run bench -- [--pods LIST] [--shutdown LIST] [--budgets LIST] [--without-kubectl] [--json]
npm run bench -- --kubeconfig FILE --node NAME [--yes] [--pods LIST] [--budgets LIST] [--image IMAGE]
                 [--drain-timeout SECONDS] [--without-kubectl] [--json]

Drains a node by Ebb and by kubectl drain, for each of the cases that follow from the lists:
  --pods LIST              pods on the node, in Deployments of ${REPLICAS} (default 30,100,250; on your own cluster 30)
  --shutdown LIST          seconds that a pod takes to stop (default 0; not on your own cluster)
  --budgets LIST           maxUnavailable of a budget for each Deployment, or none (default none,1)
  --without-kubectl        measures Ebb alone
  --json                   prints the rows as JSON; use it with npm run -s

On a node of your own cluster in place of the embedded one:
  --kubeconfig FILE        its current context is used
  --node NAME              is drained, with all that stands there, and put back; the bench's pods are in a namespace of
                           their own, which is deleted
  --yes                    does not ask first; without a terminal it is needed
  --image IMAGE            of the bench's pods (default ${DEFAULT_IMAGE})
  --drain-timeout SECONDS  then Ebb deletes what is left past its budgets, and kubectl gives up (default ${DEFAULT_DRAIN_TIMEOUT})`;

/** @throws WrongUsage */
export function readOptions(args: readonly string[]): BenchOptions {
  const values = parse(args);
  const { help, json, yes, 'without-kubectl': withoutKubectl } = values;
  const own = ownOptions(values);
  return { help, json, yes, withoutKubectl, cases: casesOf(values), own };
}

function parse(args: readonly string[]) {
  return orWrongUsage(
    () =>
      parseArgs({
        args: [...args],
        options: {
          help: { type: 'boolean', short: 'h', default: false },
          json: { type: 'boolean', default: false },
          yes: { type: 'boolean', short: 'y', default: false },
          'without-kubectl': { type: 'boolean', default: false },
          pods: { type: 'string' },
          shutdown: { type: 'string' },
          budgets: { type: 'string', default: 'none,1' },
          kubeconfig: { type: 'string' },
          node: { type: 'string' },
          image: { type: 'string' },
          'drain-timeout': { type: 'string' },
        },
      }).values,
  );
}

type Values = ReturnType<typeof parse>;

function ownOptions(values: Values): OwnBenchOptions | undefined {
  const { kubeconfig, node, yes, image, shutdown, 'drain-timeout': timeout } = values;
  if (kubeconfig === undefined) {
    if (yes || [node, image, timeout].some((value) => value !== undefined))
      throw new WrongUsage('--node, --yes, --image and --drain-timeout go with --kubeconfig');
    return undefined;
  }
  if (!node) throw new WrongUsage('--kubeconfig needs --node: the name of the node to drain');
  if (shutdown !== undefined) throw new WrongUsage('--shutdown and --kubeconfig exclude each other: the image decides');
  const drainTimeoutSeconds = drainTimeout(timeout);
  return { kubeconfig, node, image: image ?? DEFAULT_IMAGE, keepIsolated: false, drainTimeoutSeconds };
}

function casesOf({ kubeconfig, pods, shutdown = '0', budgets }: Values): DrainCase[] {
  return list(pods ?? (kubeconfig === undefined ? '30,100,250' : '30')).flatMap((count) =>
    list(shutdown).flatMap((seconds) =>
      list(budgets).map((budget) => ({
        pods: podsOf(count),
        shutdownSeconds: Number(seconds),
        budgets: budgetOf(budget),
      })),
    ),
  );
}

function podsOf(text: string): number {
  const pods = Number(text);
  if (pods > 0 && pods % REPLICAS === 0) return pods;
  throw new WrongUsage(`--pods takes multiples of ${REPLICAS}, not ${JSON.stringify(text)}`);
}

function budgetOf(text: string): string {
  if (/^(none|\d+%?)$/.test(text)) return text;
  throw new WrongUsage(`--budgets takes none, numbers and percentages, not ${JSON.stringify(text)}`);
}

function list(option: string): string[] {
  return option.split(',').map((part) => part.trim());
}
