/** What must hold once a rotation has ended, read back from the peers. */
import { RETIRING_LABEL } from '../../../lambdas/core/node/marks.ts';
import type { Installation } from '../../installation.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import type { Expectation } from '../scenario.ts';
import { budgetExpectation } from './expectations.ts';
import type { ReadyWatch } from './ready-watch.ts';

export interface Rotating {
  readonly groups: readonly string[];
  /** Instances of each group at the beginning. */
  readonly before: ReadonlyMap<string, readonly string[]>;
  /** New nodes are never Ready. */
  readonly failed: boolean;
  readonly maxSurge: number;
}

export function rotationExpectations(installation: Installation, rotating: Rotating, watch: ReadyWatch): Expectation[] {
  return [
    rotating.failed ? stoppedExpectation(installation) : replacedExpectation(installation, rotating),
    ...(rotating.failed ? [keptExpectation(installation, rotating)] : []),
    ...capacityExpectations(installation, watch),
    budgetExpectation(installation),
    nothingLeftExpectation(installation),
    endsExpectation(installation),
  ];
}

function replacedExpectation({ aws }: Installation, { groups, before }: Rotating): Expectation {
  const now = groups.flatMap((group) => aws.autoScaling.instanceIds(group));
  const old = groups.flatMap((group) => before.get(group) ?? []);
  const left = now.filter((id) => old.includes(id));
  return {
    what: 'every old instance is gone, and there are as many new ones',
    holds: left.length === 0 && now.length === old.length,
    found: `${left.length} old ones are left, and there are ${now.length} of ${old.length}`,
  };
}

function stoppedExpectation({ events }: Installation): Expectation {
  const ended = events.filter((event) => event.type === 'rotation.finished');
  return {
    what: 'the rotation has stopped at the first failure, and said why',
    holds: ended.length === 1 && ended.every(({ result, reason }) => result === 'failed' && reason !== undefined),
    found: ended.map(({ result, reason = '' }) => `${result} ${reason}`).join(', '),
  };
}

/** Workers that could not be replaced are in their groups as before. */
function keptExpectation({ aws }: Installation, { groups, before }: Rotating): Expectation {
  const workers = groups.filter((group) => group !== 'control-plane');
  const changed = workers.filter((group) => {
    const now = aws.autoScaling.instanceIds(group).toSorted();
    return String(now) !== String((before.get(group) ?? []).toSorted());
  });
  return {
    what: 'the groups of workers have the instances that they had',
    holds: changed.length === 0,
    found: changed.join(', '),
  };
}

function capacityExpectations({ aws }: Installation, watch: ReadyWatch): Expectation[] {
  return [...watch.groups].flatMap(([group, { start, fewest, attached }]) => {
    const { max } = aws.autoScaling.group(group);
    const isInPlace = group === 'control-plane';
    return [
      ...(isInPlace
        ? []
        : [
            {
              what: `${group}: never fewer Ready nodes than the ${start} at the start`,
              holds: fewest >= start,
              found: `${fewest} at the fewest`,
            },
          ]),
      {
        what: `${group}: never more instances than its maximum, ${max}`,
        holds: attached <= max,
        found: `${attached} at once`,
      },
    ];
  });
}

function nothingLeftExpectation({ aws, kubernetes, events }: Installation): Expectation {
  const marked = kubernetes.store
    .list(nodes)
    .filter(({ metadata, spec }) => RETIRING_LABEL in (metadata.labels ?? {}) || spec.unschedulable === true)
    .map(({ metadata }) => metadata.name);
  const running = [...aws.autoScaling.groups.values()].flatMap(({ members }) => [...members.keys()]);
  const tagged = running.filter((id) => Object.keys(aws.instances.get(id).tags).some((key) => key.startsWith('ebb/')));
  const suspended = [...aws.autoScaling.groups.values()].filter((group) => group.suspended.size > 0);
  const orphaned = events.filter(({ type }) => type === 'instance.orphaned');
  const left = [...marked, ...tagged, ...suspended.map(({ name }) => name)];
  return {
    what: 'nothing of ours is left: no mark, no tag, no suspended process, no orphan',
    holds: left.length === 0 && orphaned.length === 0,
    found: left.join(', ') || `${orphaned.length} orphans`,
  };
}

function endsExpectation({ aws }: Installation): Expectation {
  const failed = aws.lambda.executions.filter(({ status }) => status !== 'SUCCEEDED');
  return {
    what: 'every run came to its end',
    holds: failed.length === 0 && aws.lambda.deadLetters.length === 0,
    found: failed.map(({ name }) => name).join(', ') || `${aws.lambda.deadLetters.length} dead letters`,
  };
}
