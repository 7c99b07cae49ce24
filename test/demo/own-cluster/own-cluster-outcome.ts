/** What a drain of the user's own node came to: read from their cluster, the proxy and the AWS peer, not from Ebb. */
import { pathOf } from '../../../lambdas/adapters/kubernetes/api/path.ts';
import { isHeldByFinalizer, podName, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { ProxiedRequest } from '../../peers/own-cluster/proxy.ts';
import type { FreeToGo } from '../own-watch/free-to-go.ts';
import { nodePath } from '../own-node/own-node.ts';
import type { OwnInstallation } from './own-installation.ts';
import type { Ending } from './own-retirement-end.ts';
import type { Expectation, Outcome, Scene } from '../scenario.ts';
import type { WorkloadWatch } from '../own-watch/workload-watch.ts';

export interface Observed {
  readonly scene: Scene;
  readonly ending: Ending;
  /** When it ended, epoch milliseconds. */
  readonly endedAt: number;
  /** Pods that were to leave. */
  readonly leaving: readonly Pod[];
  /** Pods of the node when the retirement had ended; undefined when they could not be read. */
  readonly left: readonly Pod[] | undefined;
  /** What of the isolation is still on the node. */
  readonly restoration: Expectation;
}

export function ownOutcome(installation: OwnInstallation, workloads: WorkloadWatch, seen: Observed): Outcome {
  const { scene, endedAt } = seen;
  const { requests } = installation.proxy;
  const made = requests.filter(({ by }) => by === 'function');
  const evictions = made.filter(isGrantedEviction);
  const completedAt = completions(installation).at(-1)?.at;
  const expectations = [
    endExpectation(seen.ending),
    isolationExpectation(made, scene.node),
    goneExpectation(seen),
    evictionExpectation(made, workloads.freeToGo, seen),
    hookExpectation(installation),
    availabilityExpectation(workloads),
    seen.restoration,
  ];
  return {
    ok: expectations.every(({ holds }) => holds),
    scenario: scene.scenario,
    seconds: since(scene, completedAt ?? endedAt),
    pods: evictions.length,
    unbudgetedControllers: workloads.unbudgeted().length,
    requests: { kubernetes: made.length, aws: installation.awsRequests() },
    refused: refusedEvictions(made),
    violations: workloads.violations.length,
    expectations,
    workloads: workloads.workloads(),
    stages: stagesOf(installation, { scene, made, completedAt }),
  };
}

/** How many a budget refused. */
export function refusedEvictions(requests: readonly ProxiedRequest[]): number {
  return requests.filter((request) => isEviction(request) && request.status === 429).length;
}

function stagesOf(
  { events }: OwnInstallation,
  { scene, made, completedAt }: { scene: Scene; made: readonly ProxiedRequest[]; completedAt: number | undefined },
): Record<string, number> {
  const timeOf = (type: string): number | undefined => {
    const time = events.findLast((event) => event.type === type)?.time;
    return time === undefined ? undefined : Date.parse(time);
  };
  const ends: Readonly<Record<string, number | undefined>> = {
    isolated: made.find((request) => isIsolation(request, scene.node))?.at,
    'last pod gone': timeOf('pod.gone'),
    'volumes detached': timeOf('volumes.detached'),
    'hook completed': completedAt,
  };
  return Object.fromEntries(
    Object.entries(ends).flatMap(([stage, at]) => (at === undefined ? [] : [[stage, since(scene, at)]])),
  );
}

function since({ at }: Scene, time: number): number {
  return Math.round((time - at) / 100) / 10;
}

function endExpectation(ending: Ending): Expectation {
  return {
    what: 'the retirement ran to its end',
    holds: ending.kind === 'retired',
    found: ending.kind === 'retired' ? 'it did' : ending.reason,
  };
}

function isolationExpectation(made: readonly ProxiedRequest[], node: string): Expectation {
  const isolated = made.findIndex((request) => isIsolation(request, node));
  const first = made.findIndex(isEviction);
  return {
    what: 'the node was isolated before any pod was evicted',
    holds: isolated >= 0 && (first < 0 || isolated < first),
    found: isolated < 0 ? 'it was not isolated' : 'an eviction came first',
  };
}

function goneExpectation({ leaving, left, endedAt }: Observed): Expectation {
  const what = 'every pod that was to leave has gone';
  if (left === undefined) return { what, holds: false, found: 'the pods of the node could not be read' };
  const staying = new Set(left.filter((pod) => !isHeldByFinalizer(pod, endedAt)).map(({ uid }) => uid));
  const remaining = leaving.filter(({ uid }) => staying.has(uid));
  return {
    what,
    holds: remaining.length === 0,
    found: remaining.length === 0 ? `${leaving.length} have` : `still there: ${remaining.map(podName).join(', ')}`,
  };
}

/** An eviction that is free to go goes out at once; an API server may be slow for a while. */
const NEEDLESS_MS = 10_000;

export function evictionExpectation(
  made: readonly ProxiedRequest[],
  freeToGo: Pick<FreeToGo, 'heldFor'>,
  { leaving, scene }: { readonly leaving: readonly Pod[]; readonly scene: Pick<Scene, 'node'> },
): Expectation {
  const from = made.find((request) => isIsolation(request, scene.node))?.at ?? Infinity;
  const forced = leaving.filter((pod) => made.some((request) => isForce(request, pod)));
  const needless = forced
    .filter((pod) => !made.some((request) => isDenial(request, pod)))
    .map((pod) => ({ pod, held: freeToGo.heldFor(pod, from) }))
    .filter(({ held }) => held >= NEEDLESS_MS);
  const names = needless.map(({ pod, held }) => `${podName(pod)} (could have gone for ${Math.round(held / 1000)} s)`);
  return {
    what: 'pods left by eviction as long as their budgets and pace let them',
    holds: needless.length === 0,
    found:
      needless.length === 0
        ? `${leaving.length - forced.length} did; forced because they were held: ${forced.map(podName).join(', ') || 'none'}`
        : `forced without need: ${names.join(', ')}`,
  };
}

function isForce({ method, path, status }: ProxiedRequest, pod: Pod): boolean {
  return method === 'DELETE' && status === 200 && pathname(path) === podPath(pod);
}

/** The server's own refusal of an eviction, by an admission policy, say; a budget's is 429, and 5xx is none. */
function isDenial(request: ProxiedRequest, pod: Pod): boolean {
  const { path, status } = request;
  const isRefused = status >= 400 && status < 500 && status !== 429;
  return isEviction(request) && pathname(path) === `${podPath(pod)}/eviction` && isRefused;
}

function podPath({ namespace, name }: Pod): string {
  return pathOf('/api/v1/namespaces', namespace, 'pods', name);
}

function pathname(path: string): string {
  return path.split('?')[0] ?? path;
}

function hookExpectation(installation: OwnInstallation): Expectation {
  const all = completions(installation);
  return {
    what: 'the hook was completed once, with CONTINUE, by the retirement',
    holds:
      all.length === 1 &&
      all.every(
        ({ result, by, function: name }) => result === 'CONTINUE' && by === 'call' && name?.includes('Retirement'),
      ),
    found: all.map(({ result, by }) => `${result} by ${by}`).join(', ') || 'no completion',
  };
}

/** The expectation that others can break too. */
export const NO_FALL = 'no workload fell below its budget or implied budget at any instant';

function availabilityExpectation({ violations }: WorkloadWatch): Expectation {
  return {
    what: NO_FALL,
    holds: violations.length === 0,
    found: violations.length === 0 ? 'none did' : violations.join(', '),
  };
}

function completions({ aws, instance }: OwnInstallation) {
  return aws.autoScaling.history(instance).filter((entry) => entry.kind === 'completion');
}

function isIsolation({ method, path, status }: ProxiedRequest, node: string): boolean {
  return method === 'PATCH' && status === 200 && path.startsWith(nodePath(node));
}

function isEviction({ method, path }: ProxiedRequest): boolean {
  return method === 'POST' && path.endsWith('/eviction');
}

function isGrantedEviction(request: ProxiedRequest): boolean {
  return isEviction(request) && (request.status === 201 || request.status === 200);
}
