/**
 * Every case on a node of somebody's cluster, by Ebb and by kubectl, one after the other. Before each drain the bench puts
 * its own pods on the node, because a second drain of an empty node would measure nothing.
 */
import { isToLeave, judgePods } from '../../demo/own-node/node-verdicts.ts';
import { ask, standingLines, surveyOwnNode, type Survey } from '../../demo/own-cluster/own-cluster.ts';
import { interruptible, type CommandStage } from '../../command/command-stage.ts';
import { readPodsOn, type OwnNode } from '../../demo/own-node/own-node.ts';
import { OwnClusterFault } from '../../peers/own-cluster/fault.ts';
import { KubeconfigFile } from '../../peers/own-cluster/kubeconfig-file.ts';
import { Upstream } from '../../peers/own-cluster/upstream.ts';
import { withWorkload } from './bench-namespace.ts';
import { checkBenchRights } from './bench-rights.ts';
import type { DrainCase } from '../drain/drain-case.ts';
import { levelCheck } from './level.ts';
import type { OwnBenchOptions } from '../drain/options.ts';
import type { Drainer } from './own-drainers.ts';
import type { OwnMeasurement } from './own-measurement.ts';
import { until } from './waiting.ts';

export interface OwnBench {
  readonly options: OwnBenchOptions;
  readonly cases: readonly DrainCase[];
  readonly drainers: readonly Drainer[];
  readonly stage: CommandStage;
  /** Called with each row as soon as it is there. */
  readonly measured: (row: OwnMeasurement) => void;
}

/** How long workloads of others may take to be complete again. */
const LEVEL_SECONDS = 600;

/**
 * @returns the exit status: 0 only if each drain did what it should, 130 when interrupted
 * @throws OwnClusterFault when it cannot be done, or cannot go on
 */
export async function benchOwnNode(bench: OwnBench): Promise<number> {
  const { options, stage } = bench;
  const kubeconfig = new KubeconfigFile(options.kubeconfig);
  const upstream = new Upstream(kubeconfig);
  try {
    const survey = await surveyOwnNode(options, upstream, kubeconfig);
    await checkBenchRights(upstream);
    checkGround(survey.own);
    for (const line of preview(bench, survey)) stage.say(line);
    const others = survey.judged.filter(isToLeave).length;
    const declined = await ask(stage, `Drain ${options.node}, with ${others} pods that are not the bench's? [y/N] `);
    return declined ?? (await interruptible(stage, () => drainAll(bench, upstream, survey)));
  } finally {
    upstream.close();
  }
}

function checkGround({ node: { name, unschedulable }, refuges }: OwnNode): void {
  if (unschedulable)
    throw new OwnClusterFault(`node ${name} is cordoned: the bench's pods cannot go there`, [
      `kubectl uncordon ${name}, or take another`,
    ]);
  if (refuges === 0)
    throw new OwnClusterFault('no other node is Ready and takes pods: evicted pods could go nowhere', [
      'add a node, or uncordon one',
    ]);
}

function preview({ options, cases, drainers }: OwnBench, survey: Survey): string[] {
  const able = drainers.filter((drainer) => 'drain' in drainer).map(({ name }) => name);
  const sizes = [...new Set(cases.map(({ pods }) => pods))].join(', ');
  return [
    ...standingLines(options, survey),
    `Drains of it: ${cases.length * able.length}, by ${able.join(' and ')}. It is put back as it was after each.`,
    `Before each, ${sizes} pods of ${options.image} are put there, in a namespace ebb-bench-… that is deleted afterwards.`,
  ];
}

async function drainAll(bench: OwnBench, upstream: Upstream, survey: Survey): Promise<number> {
  const leaving = survey.judged.filter(isToLeave).map(({ pod }) => pod);
  const lack = await levelCheck(upstream, { node: survey.own.node, leaving });
  for (const each of bench.cases) {
    for (const drainer of bench.drainers) {
      await until(lack, { seconds: LEVEL_SECONDS, signal: bench.stage.interrupted });
      if (!(await measure({ bench, upstream, survey }, each, drainer))) return 1;
    }
  }
  return 0;
}

/** @returns whether another drain may follow */
async function measure(
  { bench, upstream, survey }: { bench: OwnBench; upstream: Upstream; survey: Survey },
  each: DrainCase,
  drainer: Drainer,
): Promise<boolean> {
  const { options, stage, measured } = bench;
  const { name } = drainer;
  const row = { pods: each.pods, budgets: each.budgets, drainer: name };
  if ('fault' in drainer) {
    measured({ ...row, fault: drainer.fault });
    return true;
  }
  return await withWorkload({ upstream, options, stage }, each, async (namespace) => {
    const judged = judgePods(await readPodsOn(options.node, upstream), survey.configuration.policy, Date.now());
    const leaving = judged.filter(isToLeave).map(({ pod }) => pod);
    const others = leaving.filter((pod) => pod.namespace !== namespace).length;
    const budgets = each.budgets === 'none' ? 'no budgets' : `budgets of ${each.budgets}`;
    stage.say(`${name}: ${leaving.length} evictable pods on ${options.node}, ${others} not the bench's; ${budgets}`);
    const drained = await drainer.drain({ options, stage, upstream, survey, leaving, namespace });
    if ('fault' in drained) stage.say(`${name}: ${drained.fault}`);
    measured('fault' in drained ? { ...row, ...drained } : { ...row, others, ...drained });
    return !('fault' in drained);
  });
}
