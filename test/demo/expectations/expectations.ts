/** What must hold when an instance has been let go, read back from the peers. */
import type { Installation } from '../../installation.ts';
import type { Fact } from '../../peers/kubernetes/storage/facts.ts';
import type { PodLife } from '../../peers/kubernetes/world/timeline.ts';
import type { Expectation, Scene } from '../scenario.ts';

export function expectationsOfAws({ aws }: Installation, { instance }: Scene): Expectation[] {
  const completions = aws.autoScaling.history(instance).filter((entry) => entry.kind === 'completion');
  const state = aws.autoScaling.state(instance) ?? 'unknown';
  const failed = aws.lambda.executions.filter(({ status }) => status !== 'SUCCEEDED');
  return [
    {
      what: 'the hook was completed once, with CONTINUE, by the retirement',
      holds:
        completions.length === 1 &&
        completions.every(
          ({ result, by, function: name }) => result === 'CONTINUE' && by === 'call' && name?.includes('Retirement'),
        ),
      found: completions.map(({ result, by }) => `${result} by ${by}`).join(', ') || 'no completion',
    },
    { what: 'the instance is terminated', holds: state === 'Terminated', found: state },
    {
      what: 'one retirement ran, and nothing failed',
      holds: aws.lambda.executions.length === 1 && failed.length === 0 && aws.lambda.deadLetters.length === 0,
      found: `${aws.lambda.executions.length} run, ${failed.length} failed, ${aws.lambda.deadLetters.length} dead letters`,
    },
  ];
}

interface Seen {
  readonly scene: Scene;
  readonly facts: readonly Fact[];
  readonly evicted: readonly PodLife[];
  readonly completedAt: number;
}

export function expectationsOfPods(installation: Installation, seen: Seen): Expectation[] {
  const { kubernetes } = installation;
  const { scene, facts, evicted, completedAt } = seen;
  const cordonedAt = facts.find((fact) => fact.kind === 'nodeCordoned' && fact.node === scene.node)?.at ?? NaN;
  const early = evicted.filter(({ terminating = NaN }) => !(terminating >= cordonedAt));
  const late = evicted.filter(({ stopped = NaN, gone = NaN }) => !(stopped <= completedAt && gone <= completedAt));
  const killed = kubernetes.timeline.lives.filter(
    ({ killed, workload }) => killed !== undefined && !workload?.startsWith('DaemonSet/'),
  );
  const { workloads } = kubernetes.availability.report();
  const short = workloads.filter(({ workload, replicas }) => readyOf(kubernetes, workload) < replicas);
  const detached = detachments(facts, scene);
  return [
    {
      what: 'the node was isolated before any pod was evicted',
      holds: early.length === 0 && evicted.length > 0,
      found: `${evicted.length} evicted, ${early.length} of them before`,
    },
    {
      what: 'every pod that was to leave had stopped by itself and gone before the hook was completed',
      holds: late.length === 0 && evicted.length === scene.leaving.length,
      found: `${evicted.length - late.length} of ${scene.leaving.length}`,
    },
    {
      what: 'no pod but those of DaemonSets went down with the machine',
      holds: killed.length === 0,
      found: `${killed.length} killed`,
    },
    budgetExpectation(installation),
    {
      what: 'every workload is complete again on the other nodes',
      holds: short.length === 0,
      found: short.map(({ workload }) => workload).join(', ') || 'all are',
    },
    {
      what: 'the volume was detached before the hook was completed',
      holds: detached.length > 0 && detached.every(({ at }) => at <= completedAt),
      found: `${detached.length} detached`,
    },
  ];
}

export function requestExpectation(made: number, pods: number, unbudgeted: number): Expectation {
  const allowed = pods + 16 + 2 * unbudgeted;
  return {
    what: `the drain made at most pods + 16 + 2 × unbudgeted controllers = ${allowed} Kubernetes requests`,
    holds: made <= allowed,
    found: String(made),
  };
}

export function evictedPods({ kubernetes }: Installation, { node }: Scene): PodLife[] {
  const granted = new Set(
    kubernetes.evictions.filter(({ status }) => status === 201).map(({ namespace, pod }) => `${namespace}/${pod}`),
  );
  return kubernetes.timeline.lives.filter((life) => life.node === node && granted.has(`${life.namespace}/${life.pod}`));
}

export function workloadOf({ namespace, workload = '' }: PodLife): string {
  return `${namespace}/${workload}`;
}

/** @param workload as the availability check names it: `namespace/Kind/name` */
function readyOf(kubernetes: Installation['kubernetes'], workload: string): number {
  const [namespace, , name] = workload.split('/');
  return kubernetes.pods(namespace).filter(({ metadata, status }) => {
    const serves = status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
    return metadata.ownerReferences?.[0]?.name === name && serves && metadata.deletionTimestamp === undefined;
  }).length;
}

export function detachments(facts: readonly Fact[], { node }: Scene): Fact[] {
  return facts.filter((fact) => fact.kind === 'volumeDetached' && fact.node === node);
}

/** Heartbeats of an instance's hook came before it would have given up. @param least how many must have come */
export function heartbeatExpectation({ aws }: Installation, instance: string, least = 1): Expectation {
  const beats = aws.autoScaling.history(instance).filter((entry) => entry.kind === 'heartbeat');
  const late = beats.filter(({ at, before }) => at >= before);
  return {
    what: 'every heartbeat came in time',
    holds: beats.length >= least && late.length === 0,
    found: `${beats.length} heartbeats, ${late.length} late`,
  };
}

/** No workload fell below what it was promised, but for pods that were to be forced. */
export function budgetExpectation({ kubernetes }: Installation): Expectation {
  const { violations } = kubernetes.availability.report();
  return {
    what: 'no workload fell below its budget or implied budget at any instant',
    holds: violations.length === 0,
    found: violations.map(({ workload, ready, floor }) => `${workload}: ${ready} of ${floor}`).join(', ') || 'none did',
  };
}

/** How the hook of an instance ended, and that it did once. */
export function completionExpectation(
  { aws }: Installation,
  instance: string,
  wanted: 'CONTINUE' | 'ABANDON',
): Expectation {
  const completions = aws.autoScaling.history(instance).filter((entry) => entry.kind === 'completion');
  return {
    what: `the hook was completed once, with ${wanted}, by a call`,
    holds: completions.length === 1 && completions.every(({ result, by }) => result === wanted && by === 'call'),
    found: completions.map(({ result, by }) => `${result} by ${by}`).join(', ') || 'no completion',
  };
}
