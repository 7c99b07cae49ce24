/**
 * The main job on the user's own cluster: one of its nodes is drained by the shipped functions, as if its machine were an
 * EC2 instance that Auto Scaling terminates. The machine stays; afterwards the node is put back as it was.
 */
import { KubeconfigFile } from '../../peers/own-cluster/kubeconfig-file.ts';
import { Upstream } from '../../peers/own-cluster/upstream.ts';
import { isToLeave, judgePods, verdictLines, type JudgedPod } from '../own-node/node-verdicts.ts';
import { checkOwnNode, readPodsOn, type OwnNode } from '../own-node/own-node.ts';
import { ownConfiguration, type OwnConfiguration } from './own-configuration.ts';
import { interruptible, INTERRUPTED, PATIENCE, type CommandStage } from '../../command/command-stage.ts';
import type { OwnClusterOptions, OwnClusterStage } from './own-cluster-stage.ts';

/**
 * @returns the exit status: 0 only if all that is expected holds, 130 when interrupted
 * @throws OwnClusterFault when it cannot be done, before anything is changed
 */
export async function drainOwnNode(options: OwnClusterOptions, stage: OwnClusterStage): Promise<number> {
  const kubeconfig = new KubeconfigFile(options.kubeconfig);
  const upstream = new Upstream(kubeconfig);
  try {
    const survey = await surveyOwnNode(options, upstream, kubeconfig);
    const { own, configuration, judged } = survey;
    const lines = [...standingLines(options, survey), ...outlook(own, options)];
    for (const line of lines) stage.say(line);
    const leaving = judged.filter(isToLeave).length;
    const declined = await ask(stage, `Drain ${options.node}, ${leaving} pods? [y/N] `);
    if (declined !== undefined) return declined;
    const { patience = PATIENCE } = stage;
    const plan = { options, stage, patience, upstream, configuration, own };
    // Loaded once it is wanted: what keeps us from the cluster is said at once.
    const { retireOwnNode } = await import('./own-retirement.ts');
    return await interruptible(stage, () => retireOwnNode(plan));
  } finally {
    upstream.close();
  }
}

/** What was found before anything is changed. */
export interface Survey {
  readonly own: OwnNode;
  readonly configuration: OwnConfiguration;
  /** Every pod of the node. */
  readonly judged: readonly JudgedPod[];
}

/** @throws OwnClusterFault when the cluster, the user's rights or the node are not what a drain needs */
export async function surveyOwnNode(
  { node, drainTimeoutSeconds }: OwnClusterOptions,
  upstream: Upstream,
  kubeconfig: KubeconfigFile,
): Promise<Survey> {
  const own = await checkOwnNode(node, upstream, kubeconfig);
  const configuration = ownConfiguration(kubeconfig.context, drainTimeoutSeconds);
  const judged = judgePods(await readPodsOn(node, upstream), configuration.policy, Date.now());
  return { own, configuration, judged };
}

/** What stands on the node and what becomes of it, for the user to decide by. */
export function standingLines({ node, drainTimeoutSeconds }: OwnClusterOptions, { judged }: Survey): string[] {
  return [
    `Node ${node} of your cluster has ${judged.length} pods:`,
    ...verdictLines(judged),
    '',
    `What budgets or annotations still hold after ${drainTimeoutSeconds} s is deleted past them (--drain-timeout).`,
  ];
}

/** @returns the exit status when the user does not want it */
export async function ask(stage: CommandStage, question: string): Promise<number | undefined> {
  const answer = await stage.confirm(question);
  if (answer === 'yes') return undefined;
  stage.say('Nothing was changed.');
  return answer === 'interrupted' ? INTERRUPTED : 1;
}

function outlook({ refuges }: OwnNode, { keepIsolated }: OwnClusterOptions): string[] {
  return [
    keepIsolated
      ? 'The node stays isolated afterwards.'
      : 'The node is put back as it was afterwards; its machine is not touched.',
    ...(refuges === 0
      ? ['No other node is Ready and takes pods: evicted pods will be Pending until this one does again.']
      : []),
  ];
}
