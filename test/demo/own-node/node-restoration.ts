/** Putting the user's node back as it was, or saying how to do it by hand. */
import { EXCLUDE_LABEL, RETIREMENT_ANNOTATION, RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import type { IsolationTaint } from '../../../lambdas/core/settings/cluster-settings.ts';
import { ownershipOf } from '../../../lambdas/core/node/isolation.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import type { Subject } from '../../../lambdas/core/events/retirement-events.ts';
import { restoreNode } from '../../../lambdas/workflow/node/isolate-node.ts';
import type { Cluster } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { Journal } from '../../../lambdas/workflow/ports/journal.ts';
import { persist } from './persistence.ts';

export interface Restoration {
  readonly subject: Subject;
  readonly node: string;
  readonly taint: IsolationTaint;
  /** How long it is tried, milliseconds. */
  readonly within: number;
}

/** Takes off what the retirement put on. @returns why it could not be done, if it could not */
export function putBack(
  { subject, node, taint, within }: Restoration,
  ports: { cluster: Cluster; journal: Journal },
): Promise<string | undefined> {
  return persist(() => restoreNode({ subject, node, taint }, ports), within);
}

/** What a node still bears that it did not bear before, in words; none when it is as it was. */
export function remnants(before: Node, now: Node, taint: IsolationTaint): string[] {
  const was = original(before);
  return [
    ...(now.unschedulable && !was.cordoned ? ['the cordon'] : []),
    ...(now.taints.some(({ key }) => key === taint.key) ? [`taint ${taint.key}`] : []),
    ...(RETIRING_LABEL in now.labels ? [`label ${RETIRING_LABEL}`] : []),
    ...(EXCLUDE_LABEL in now.labels && !was.excluded ? [`label ${EXCLUDE_LABEL}`] : []),
    ...(RETIREMENT_ANNOTATION in now.annotations ? [`annotation ${RETIREMENT_ANNOTATION}`] : []),
  ];
}

/** The commands that do by hand what `putBack` does, indented. */
export function commandsByHand(kubeconfig: string, before: Node, taint: IsolationTaint): string[] {
  const was = original(before);
  const kubectl = `  ${kubectlWith(kubeconfig)}`;
  const { name } = before;
  const exclude = was.excluded ? '' : ` ${EXCLUDE_LABEL}-`;
  return [
    ...(was.cordoned ? [] : [`${kubectl} uncordon ${name}`]),
    `${kubectl} taint node ${name} ${taint.key}:${taint.effect}-`,
    `${kubectl} label node ${name} ${RETIRING_LABEL}-${exclude}`,
    `${kubectl} annotate node ${name} ${RETIREMENT_ANNOTATION}-`,
  ];
}

/** What the node had before any retirement: an earlier one may have left its marks, and says what it had found. */
function original(before: Node): { cordoned: boolean; excluded: boolean } {
  const earlier = ownershipOf(before);
  return {
    cordoned: before.unschedulable && earlier?.cordonedByUs !== true,
    excluded: EXCLUDE_LABEL in before.labels && earlier?.labelledByUs !== true,
  };
}

/** The beginning of a command that a user can copy. */
export function kubectlWith(kubeconfig: string): string {
  return `kubectl --kubeconfig ${quoted(kubeconfig)}`;
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
