/**
 * The main job on the user's own cluster: one of its nodes is drained by the shipped functions, as if its machine were an
 * EC2 instance that Auto Scaling terminates. The machine stays; afterwards the node is put back as it was.
 */
import type { DrainPolicy } from '../../lambdas/core/verdict.ts';
import { KubeconfigFile } from '../peers/own-cluster/kubeconfig-file.ts';
import { Upstream } from '../peers/own-cluster/upstream.ts';
import { isToLeave, judgePods, verdictLines } from './node-verdicts.ts';
import { checkOwnNode, readPodsOn, type OwnNode } from './own-node.ts';
import { ownConfiguration, type OwnConfiguration } from './own-installation.ts';
import { INTERRUPTED, PATIENCE, type OwnClusterOptions, type OwnClusterStage } from './own-cluster-stage.ts';
import { retireOwnNode } from './own-retirement.ts';

/**
 * @returns the exit status: 0 only if all that is expected holds, 130 when interrupted
 * @throws OwnClusterFault when it cannot be done, before anything is changed
 */
export async function drainOwnNode(options: OwnClusterOptions, stage: OwnClusterStage): Promise<number> {
  const kubeconfig = new KubeconfigFile(options.kubeconfig);
  const upstream = new Upstream(kubeconfig);
  try {
    const own = await checkOwnNode(options.node, upstream, kubeconfig);
    const configuration = ownConfiguration(kubeconfig.context, options.drainTimeoutSeconds);
    const policy = policyOf(configuration);
    const judged = judgePods(await readPodsOn(options.node, upstream), policy, Date.now());
    const lines = preview(own, options, verdictLines(judged));
    for (const line of lines) stage.say(line);
    const leaving = judged.filter(isToLeave).length;
    const answer = await stage.confirm(`Drain ${options.node}, ${leaving} pods? [y/N] `);
    if (answer !== 'yes') {
      stage.say('Nothing was changed.');
      return answer === 'interrupted' ? INTERRUPTED : 1;
    }
    const { patience = PATIENCE } = stage;
    return await retireOwnNode({ options, stage, patience, upstream, configuration, own, policy });
  } finally {
    upstream.close();
  }
}

/** The instance is said to go, so a pod that nobody makes again is evicted, as the retirement does. */
function policyOf({ cluster: { drain, taint } }: OwnConfiguration): DrainPolicy {
  return { ...drain, taintKey: taint.key, blockUncontrolled: false };
}

function preview({ refuges }: OwnNode, options: OwnClusterOptions, verdicts: readonly string[]): string[] {
  const { node, drainTimeoutSeconds, keepIsolated } = options;
  return [
    `Node ${node} of your cluster has ${verdicts.length} pods:`,
    ...verdicts,
    '',
    `What budgets or annotations still hold after ${drainTimeoutSeconds} s is deleted past them (--drain-timeout).`,
    keepIsolated
      ? 'The node stays isolated afterwards.'
      : 'The node is put back as it was afterwards; its machine is not touched.',
    ...(refuges === 0
      ? ['No other node is Ready and takes pods: evicted pods will be Pending until this one does again.']
      : []),
  ];
}
