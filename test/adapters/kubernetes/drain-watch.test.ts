import { describe, expect, test } from 'vitest';
import { toBudget } from '../../../lambdas/adapters/kubernetes/budgets.ts';
import { watchDrain } from '../../../lambdas/adapters/kubernetes/drain-watch.ts';
import { ClusterAway, ClusterRefused } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { Workload } from '../../../lambdas/core/drain/implied-budget.ts';
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { DrainWatch } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { aBudget } from '../../given.ts';
import { budgets, pods } from '../../peers/kubernetes/storage/resources.ts';
import { Heard, KubernetesGiven } from './given.ts';

const READ = [
  { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list', 'watch'] },
];

describe('what a drain decides by (contract 4.4)', () => {
  test('is the node’s pods and all budgets, complete at once, for two lists and two watches', async () => {
    await using given = await withWeb();
    given.peer.world.addBudget({ namespace: 'other', name: 'far', for: 'x', minAvailable: 1 });
    await given.peer.settle();
    const { watch } = await watching(given);
    expect(namesOf(watch)).toEqual(podNamesOn(given, 'a'));
    expect(
      watch
        .state()
        .budgets.map(({ name }) => name)
        .toSorted(),
    ).toEqual(['far', 'web']);
    expect(watch.state().workloads.size).toBe(0);
    await given.until(() => given.peer.faults.watches.size === 2);
    expect(verbs(given)).toEqual([
      'list poddisruptionbudgets',
      'list pods',
      'watch poddisruptionbudgets',
      'watch pods',
    ]);
  });

  test('follows pods that come and go', async () => {
    await using given = await withWeb();
    const { watch, heard } = await watching(given);
    given.peer.world.addBarePod({ namespace: 'app', name: 'late', node: 'a' });
    await given.until(() => namesOf(watch).includes('late'));
    await given.cluster.evict(given.pod('late'));
    await given.until(() => !namesOf(watch).includes('late'));
    expect(heard.failures).toEqual([]);
  });

  test('follows what budgets allow', async () => {
    await using given = await withWeb();
    const { watch } = await watching(given);
    expect(watch.state().budgets).toMatchObject([{ name: 'web', disruptionsAllowed: 1, currentHealthy: 4 }]);
    given.peer.world.setReady({ namespace: 'app', name: podNamesOn(given, 'b')[0] ?? '' }, false);
    await given.until(() => watch.state().budgets[0]?.disruptionsAllowed === 0);
  });

  test('confirm reads the pods anew (faults 42)', async () => {
    await using given = await withWeb();
    const { watch } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 2);
    given.peer.faults.toOpenWatches((open) => {
      open.stall();
    });
    given.peer.world.addBarePod({ namespace: 'app', name: 'late', node: 'a' });
    expect(namesOf(watch)).not.toContain('late');
    await watch.confirm();
    expect(namesOf(watch)).toContain('late');
  });

  test('confirm is not answered by a server that is away', async () => {
    await using given = await withWeb();
    const { watch } = await watching(given);
    given.peer.faults.answer({ verb: 'list' }, 503);
    const confirming = watch.confirm().catch((cause: unknown) => cause);
    expect(await given.during(confirming)).toBeInstanceOf(ClusterAway);
  });

  test('ends when it is closed: nothing is left open', async () => {
    await using given = await withWeb();
    const { watch } = await watching(given);
    follow(given, watch, 'a');
    await given.until(() => given.peer.faults.watches.size === 3);
    watch.close();
    await given.until(() => given.peer.faults.watches.size === 0);
    const asked = given.requests().length;
    await given.pass(2_000);
    expect(given.requests().length).toBe(asked);
  });

  test.each([
    ['pods', READ.slice(1)],
    ['poddisruptionbudgets', READ.slice(0, 1)],
  ])('refused for %s is ClusterRefused, and leaves no watch open (faults 34)', async (resource, rules) => {
    await using given = await withWeb();
    const opening = watchDrain(given.connectWith(rules), 'a', new Heard()).catch((cause: unknown) => cause);
    const error = await given.during(opening);
    expect(error).toBeInstanceOf(ClusterRefused);
    expect((error as Error).message).toContain(`cannot list resource "${resource}"`);
    await given.pass(500);
    expect(given.peer.faults.watches.size).toBe(0);
  });
});

describe('a budget’s grants (contract 4.4)', () => {
  test('stay counted although the controller takes them off its list once the pod has gone', async () => {
    await using given = await withWeb();
    const { watch } = await watching(given);
    const [name = ''] = podNamesOn(given, 'a');
    await given.cluster.evict(given.pod(name));
    await given.until(() => given.peer.store.get(budgets, WEB)?.status.disruptedPods === undefined);
    await given.pass(500);
    expect(given.peer.store.get(pods, { namespace: 'app', name })).toBeUndefined();
    expect(watch.state().budgets[0]?.disruptedPods).toEqual([name]);
  });

  test('stay counted over a list made anew (faults 40)', async () => {
    await using given = await withWeb();
    const { watch } = await watching(given);
    const [name = ''] = podNamesOn(given, 'a');
    await given.until(() => given.peer.faults.watches.size === 2);
    await given.cluster.evict(given.pod(name));
    await given.until(() => given.peer.store.get(budgets, WEB)?.status.disruptedPods === undefined);
    await given.pass(500);
    given.peer.compact();
    given.peer.faults.toOpenWatches((open) => {
      open.expire();
    });
    await given.until(() => given.requests('list').length === 4);
    await given.pass(500);
    expect(watch.state().budgets[0]?.disruptedPods).toEqual([name]);
  });
});

describe('a budget object', () => {
  test('that says nothing allows nothing', () => {
    expect(toBudget({ metadata: { namespace: 'shop', name: 'web' } }, undefined)).toEqual({
      namespace: 'shop',
      name: 'web',
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
      disruptedPods: [],
      alwaysAllowsUnhealthy: false,
    });
  });

  test.each([
    ['AlwaysAllow', true],
    ['IfHealthyBudget', false],
    [undefined, false],
  ])('with unhealthyPodEvictionPolicy %s', (unhealthyPodEvictionPolicy, expected) => {
    const spec = { selector: { matchLabels: { app: 'web' } }, unhealthyPodEvictionPolicy };
    const budget = toBudget({ metadata: {}, spec } as never, undefined);
    expect(budget.alwaysAllowsUnhealthy).toBe(expected);
    expect(budget.selector).toEqual({ matchLabels: { app: 'web' } });
  });

  test.each([
    [{ maxUnavailable: 0 }, 'maxUnavailable 0'],
    [{ minAvailable: '75%' }, 'minAvailable 75%'],
    [{}, undefined],
  ])('tells its rule %j', (spec, rule) => {
    expect(toBudget({ metadata: {}, spec } as never, undefined).rule).toBe(rule);
  });

  test('tells why it cannot be counted', () => {
    const failed = { type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message: 'no controllers' };
    const of = (condition: object) =>
      toBudget({ metadata: {}, status: { conditions: [condition] } } as never, undefined);
    expect(of(failed).failure).toBe('no controllers');
    expect(of({ ...failed, reason: 'InsufficientPods' })).not.toHaveProperty('failure');
  });

  test('adds to what was known, and names nothing twice', () => {
    const status = { disruptedPods: { 'web-2': '', 'web-3': '' } };
    const known = aBudget({ disruptedPods: ['web-1', 'web-2'] });
    expect(toBudget({ metadata: {}, status } as never, known).disruptedPods).toEqual(['web-1', 'web-2', 'web-3']);
  });
});

describe('a controller that is followed (contract 4.5)', () => {
  test('a ReplicaSet: all its Ready pods in the cluster, for one read and one watch', async () => {
    await using given = await withWeb();
    const { watch, heard } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 2);
    const told = heard.changes;
    given.peer.requests.clear();
    follow(given, watch, 'a');
    follow(given, watch, 'a');
    await given.until(() => workloadOf(watch) !== undefined);
    expect(workloadOf(watch)).toMatchObject({ replicas: 4, owner: { kind: 'ReplicaSet' } });
    expect(workloadOf(watch)?.readyPods).toEqual(uids(given, 'web-'));
    expect(verbs(given)).toEqual(['get replicasets', 'watch pods']);
    expect(heard.changes).toBeGreaterThan(told);
  });

  test('counts no pod that is unready, or being deleted', async () => {
    await using given = await withWeb({ shutdownSeconds: 600 });
    const { watch } = await watching(given);
    follow(given, watch, 'a');
    await given.until(() => workloadOf(watch)?.readyPods.size === 4);
    const [going = '', unready = ''] = podNamesOn(given, 'a');
    given.peer.world.setReady({ namespace: 'app', name: unready }, false);
    await given.until(() => workloadOf(watch)?.readyPods.size === 3);
    await given.cluster.remove(given.pod(going), 600);
    await given.until(() => workloadOf(watch)?.readyPods.has(given.pod(going).uid) === false);
    // Its replacement counts once it is Ready.
    await given.until(() => workloadOf(watch)?.readyPods.size === 3);
  });

  test('counts no pod of another controller with the same labels', async () => {
    await using given = await withWeb();
    const [sample = ''] = podNamesOn(given, 'a');
    const { labels } = given.pod(sample);
    given.peer.world.addBarePod({ namespace: 'app', name: 'alike', node: 'b', labels: { ...labels } });
    await given.pass(500);
    const { watch } = await watching(given);
    follow(given, watch, 'a');
    await given.until(() => workloadOf(watch)?.readyPods.size === 4);
    await given.pass(500);
    expect(workloadOf(watch)?.readyPods).toEqual(uids(given, 'web-'));
  });

  test('a StatefulSet: labels that each pod has of its own do not hide the others', async () => {
    await using given = await KubernetesGiven.start();
    for (const name of ['a', 'b']) given.peer.world.addNode({ name });
    given.peer.world.addStatefulSet({ namespace: 'app', name: 'db', replicas: 3, nodes: ['a', 'b'] });
    await given.peer.settle();
    const { watch } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 2);
    given.peer.requests.clear();
    follow(given, watch, 'a');
    await given.until(() => workloadOf(watch)?.readyPods.size === 3);
    expect(workloadOf(watch)).toMatchObject({ replicas: 3, owner: { kind: 'StatefulSet', name: 'db' } });
    expect(verbs(given)).toEqual(['get statefulsets', 'watch pods']);
  });

  test('of a kind that we do not know: as many replicas as were ever Ready, for one watch; without the server’s word believed after 0.5 s', async () => {
    await using given = await KubernetesGiven.start({ streamsLists: false });
    given.peer.world.addNode({ name: 'a' });
    const reference = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'r', uid: 'r', controller: true };
    for (const name of ['r-1', 'r-2', 'r-3']) {
      const plan = { namespace: 'app', name, node: 'a', labels: { app: 'r' }, ownerReferences: [reference] };
      given.peer.world.addBarePod(plan);
    }
    await given.pass(500);
    const { watch } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 2);
    given.peer.requests.clear();
    watch.follow(given.pod('r-1'));
    await given.pass(300);
    expect(workloadOf(watch)).toBeUndefined();
    await given.until(() => workloadOf(watch) !== undefined);
    expect(workloadOf(watch)).toMatchObject({ replicas: 3, owner: { kind: 'Rollout' } });
    expect(verbs(given)).toEqual(['watch pods']);
    given.peer.world.setReady({ namespace: 'app', name: 'r-2' }, false);
    await given.until(() => workloadOf(watch)?.readyPods.size === 2);
    expect(workloadOf(watch)?.replicas).toBe(3);
  });

  test('with a single replica: one read, no watch', async () => {
    await using given = await withWeb({ replicas: 1 });
    const { watch, heard } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 2);
    given.peer.requests.clear();
    const told = heard.changes;
    follow(given, watch, 'a');
    await given.until(() => workloadOf(watch) !== undefined);
    expect(workloadOf(watch)).toMatchObject({ replicas: 1 });
    expect(workloadOf(watch)?.readyPods).toEqual(uids(given, 'web-'));
    await given.pass(1_000);
    expect(verbs(given)).toEqual(['get replicasets']);
    expect(heard.changes).toBeGreaterThan(told);
  });

  test('with fewer pods than it wants is believed all the same', async () => {
    await using given = await withWeb();
    given.peer.world.setReady({ namespace: 'app', name: podNamesOn(given, 'b')[0] ?? '' }, false);
    const { watch } = await watching(given);
    follow(given, watch, 'a');
    await given.until(() => workloadOf(watch)?.readyPods.size === 3);
    expect(workloadOf(watch)?.replicas).toBe(4);
  });

  test('that has been deleted is unknown: its pods are found by its uid, and go one at a time', async () => {
    await using given = await withWeb();
    const { watch, heard } = await watching(given);
    given.peer.faults.answer({ resource: 'replicasets' }, 404, { kind: 'Status', code: 404, reason: 'NotFound' });
    follow(given, watch, 'a');
    await given.until(() => workloadOf(watch)?.readyPods.size === 4);
    expect(workloadOf(watch)).toMatchObject({ replicas: 4, unknown: 'it is gone' });
    expect(heard.failures).toEqual([]);
  });

  test('tells which of its pods are not Ready, and why, for no request (contract 13.2)', async () => {
    await using given = await withWeb();
    const { watch } = await watching(given);
    follow(given, watch, 'a');
    await given.until(() => workloadOf(watch)?.readyPods.size === 4);
    given.peer.requests.clear();
    const [first] = given.peer.podsOn('b').map(({ metadata }) => metadata.name);
    given.peer.world.setWaiting({ ...WEB, name: first ?? '' }, { reason: 'CrashLoopBackOff' });
    await given.until(() => workloadOf(watch)?.readyPods.size === 3);
    expect(workloadOf(watch)?.unreadyPods).toMatchObject([{ pod: `app/${first ?? ''}`, reason: 'CrashLoopBackOff' }]);
    given.peer.world.finish({ ...WEB, name: first ?? '' });
    await given.until(() => workloadOf(watch)?.unreadyPods.every(({ pod }) => pod !== `app/${first ?? ''}`) ?? false);
    expect(given.requests()).toEqual([]);
  });

  test('a pod without controller follows nothing', async () => {
    await using given = await withWeb();
    given.peer.world.addBarePod({ namespace: 'app', name: 'bare', node: 'a' });
    await given.peer.settle();
    const { watch } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 2);
    const asked = given.requests().length;
    watch.follow(given.pod('bare'));
    await given.pass(1_000);
    expect(given.requests().length).toBe(asked);
    expect(watch.state().workloads.size).toBe(0);
  });

  test('that may not be read is unknown in the server’s words, and ends nothing', async () => {
    await using given = await withWeb();
    const heard = new Heard();
    const watch = await watchDrain(given.connectWith(READ), 'a', heard);
    follow(given, watch, 'a');
    await given.until(() => workloadOf(watch)?.readyPods.size === 4);
    expect(workloadOf(watch)?.unknown).toContain('cannot get resource "replicasets" in API group "apps"');
    expect(heard.failures).toEqual([]);
  });

  test('whose read fails once is read again (faults 36)', async () => {
    await using given = await withWeb();
    const { watch, heard } = await watching(given);
    given.peer.faults.answer({ resource: 'replicasets', times: 1 }, 503);
    follow(given, watch, 'a');
    await given.until(() => workloadOf(watch)?.readyPods.size === 4);
    expect(heard.failures).toEqual([]);
  });

  test('is not watched any more when the drain watch was closed while it was being read', async () => {
    await using given = await withWeb();
    const { watch } = await watching(given);
    await given.until(() => given.peer.faults.watches.size === 2);
    given.peer.faults.delay({ resource: 'replicasets' }, 1_000);
    follow(given, watch, 'a');
    await given.until(() => given.requests('get').length === 1);
    watch.close();
    await given.pass(3_000);
    expect(given.peer.faults.watches.size).toBe(0);
  });
});

const WEB = { namespace: 'app', name: 'web' };

/** A Deployment of four under a budget, two on each of two nodes. */
async function withWeb(plan: { replicas?: number; shutdownSeconds?: number } = {}): Promise<KubernetesGiven> {
  const given = await KubernetesGiven.start();
  for (const name of ['a', 'b']) given.peer.world.addNode({ name });
  given.peer.world.addDeployment({ ...WEB, replicas: 4, nodes: ['a', 'b'], ...plan });
  given.peer.world.addBudget({ ...WEB, for: 'web', maxUnavailable: 1 });
  await given.peer.settle();
  return given;
}

async function watching(given: KubernetesGiven): Promise<{ watch: DrainWatch; heard: Heard }> {
  const heard = new Heard();
  return { watch: await given.cluster.watchDrain('a', heard), heard };
}

/** Follows the controller of the node's first pod. */
function follow(given: KubernetesGiven, watch: DrainWatch, node: string): void {
  watch.follow(given.pod(podNamesOn(given, node)[0] ?? ''));
}

function workloadOf(watch: DrainWatch): Workload | undefined {
  return [...watch.state().workloads.values()][0];
}

function namesOf(watch: DrainWatch): string[] {
  return watch
    .state()
    .pods.map(({ name }: Pod) => name)
    .toSorted();
}

function podNamesOn({ peer }: KubernetesGiven, node: string): string[] {
  return peer
    .podsOn(node)
    .map(({ metadata }) => metadata.name)
    .toSorted();
}

/** The uids of the pods whose names begin so. */
function uids({ peer }: KubernetesGiven, prefix: string): Set<string> {
  const own = peer.pods('app').filter(({ metadata }) => metadata.name.startsWith(prefix));
  return new Set(own.map(({ metadata }) => metadata.uid));
}

function verbs(given: KubernetesGiven): string[] {
  return given
    .requests()
    .map(({ verb, resource }) => `${verb} ${resource}`)
    .toSorted();
}
