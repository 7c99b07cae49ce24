/** What must hold once every node is current again, read back from the peers. */
import { RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import type { Taint } from '../../../lambdas/core/kubernetes/node.ts';
import type { Installation } from '../../installation.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import type { CapacityWatch } from './capacity-watch.ts';
import { budgetExpectation } from './expectations.ts';
import type { Expectation } from '../scenario.ts';

export interface Replacing {
  /** Groups whose nodes were out of date. */
  readonly groups: readonly string[];
  /** The group that launches the same as before. */
  readonly untouched: string;
  readonly image: string;
  readonly foreignTaint: Taint;
  /** Instances of each group at the beginning. */
  readonly before: ReadonlyMap<string, readonly string[]>;
}

export function driftExpectations(installation: Installation, plan: Replacing, watch: CapacityWatch): Expectation[] {
  return [
    currentExpectation(installation, plan),
    ...[...watch.mostOut].map(([group, out]) => ({
      what: `${group}: never more than ${plan.groups.includes(group) ? 1 : 0} out at once`,
      holds: out <= (plan.groups.includes(group) ? 1 : 0),
      found: `${out} at once`,
    })),
    untouchedExpectation(installation, plan),
    {
      what: 'taints of other people stayed as long as their node',
      holds: watch.lostTaints.length === 0 && bears(installation, plan),
      found: watch.lostTaints.join(', ') || 'the node that stays has lost it',
    },
    hooksExpectation(installation, plan),
    budgetExpectation(installation),
    marksExpectation(installation),
    failureExpectation(installation),
  ];
}

function currentExpectation({ aws }: Installation, { groups, image, before }: Replacing): Expectation {
  const instances = groups.flatMap((group) => aws.autoScaling.instanceIds(group));
  const current = instances.filter((id) => aws.instances.get(id).imageId === image);
  const wanted = groups.flatMap((group) => before.get(group) ?? []).length;
  return {
    what: 'every node runs the new image, and there are as many as before',
    holds: current.length === instances.length && instances.length === wanted,
    found: `${current.length} of ${instances.length} do, ${wanted} are wanted`,
  };
}

function untouchedExpectation({ aws, events }: Installation, { untouched, before }: Replacing): Expectation {
  const same = String(aws.autoScaling.instanceIds(untouched)) === String(before.get(untouched));
  const touched = events.filter((event) => 'group' in event && event.group === untouched);
  return {
    what: `${untouched}: nothing was done to the group that is current`,
    holds: same && touched.length === 0,
    found: same ? touched.map(({ type }) => type).join(', ') : 'it has other instances',
  };
}

function bears({ kubernetes }: Installation, { foreignTaint }: Replacing): boolean {
  return kubernetes.store.list(nodes).some(({ spec }) => spec.taints?.some(({ key }) => key === foreignTaint.key));
}

/** Every instance that went met our hook once, and was let go by the retirement that drained it. */
function hooksExpectation({ aws }: Installation, { groups, before }: Replacing): Expectation {
  const gone = groups.flatMap((group) => before.get(group) ?? []);
  const ended = gone.filter((id) => {
    const completions = aws.autoScaling.history(id).filter((entry) => entry.kind === 'completion');
    return completions.length === 1 && completions.every(({ result, by }) => result === 'CONTINUE' && by === 'call');
  });
  return {
    what: 'each instance that went passed its hook once, with CONTINUE, by a call',
    holds: ended.length === gone.length,
    found: `${ended.length} of ${gone.length}`,
  };
}

function marksExpectation({ kubernetes }: Installation): Expectation {
  const marked = kubernetes.store
    .list(nodes)
    .filter(({ metadata, spec }) => RETIRING_LABEL in (metadata.labels ?? {}) || spec.unschedulable === true);
  return {
    what: 'no node is left marked',
    holds: marked.length === 0,
    found: marked.map(({ metadata }) => metadata.name).join(', '),
  };
}

function failureExpectation({ aws, events }: Installation): Expectation {
  const failed = aws.lambda.executions.filter(({ status }) => status !== 'SUCCEEDED');
  const forced = events.filter(({ type }) => type === 'pod.forced' || type === 'node.restored');
  return {
    what: 'nothing failed, was forced or had to be put back',
    holds: failed.length === 0 && forced.length === 0 && aws.lambda.deadLetters.length === 0,
    found: `${failed.length} failed, ${forced.length} forced or put back, ${aws.lambda.deadLetters.length} dead letters`,
  };
}
