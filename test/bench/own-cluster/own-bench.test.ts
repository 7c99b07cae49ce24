/** The bench on a node of somebody's cluster: what it measures, what it refuses, and that it leaves nothing behind. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { CommandStage } from '../../command/command-stage.ts';
import { NODE, SomebodysCluster } from '../../demo/own-cluster/somebodys-cluster.ts';
import { deployments, namespaces } from '../../peers/kubernetes/storage/resources.ts';
import { OwnClusterFault } from '../../peers/own-cluster/fault.ts';
import { kubectlVersion } from '../drain/kubectl.ts';
import { readOptions } from '../drain/options.ts';
import { benchOwnNode } from './own-bench.ts';
import { drainersOf, type Drainer } from './own-drainers.ts';
import type { OwnFigures, OwnMeasurement } from './own-measurement.ts';

// Whole installations in real time: seconds each, and more beside other work.
vi.setConfig({ testTimeout: 90_000 });

const PROJECT = resolve(import.meta.dirname, '../../..');

const version = await kubectlVersion();
if (version === undefined) console.log('skipped: kubectl is not on PATH');

let given: SomebodysCluster;
beforeEach(async () => {
  given = await SomebodysCluster.start();
  allowBench();
});
afterEach(async () => {
  expect(left()).toEqual({ namespaces: [], cordoned: false });
  await given[Symbol.asyncDispose]();
});

/** What the commands of the refusal give. */
function allowBench(verbs = ['create', 'get', 'delete']): void {
  const resources = { '': ['namespaces'], apps: ['deployments', 'daemonsets'], policy: ['poddisruptionbudgets'] };
  const rules = Object.entries(resources).map(([group, names]) => ({ apiGroups: [group], resources: names, verbs }));
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  const role = { apiVersion, kind: 'ClusterRole', metadata: { name: 'ebb-bench' }, rules };
  const roleRef = { apiGroup, kind: 'ClusterRole', name: 'ebb-bench' };
  const subjects = [{ apiGroup, kind: 'User', name: 'jane' }];
  given.peer.world.apply(role);
  given.peer.world.apply({ ...role, kind: 'ClusterRoleBinding', roleRef, subjects } as never);
}

function left() {
  const names = given.peer.store.list(namespaces).map(({ metadata }) => metadata.name);
  return {
    namespaces: names.filter((name) => name.startsWith('ebb-bench-')),
    cordoned: given.node.spec.unschedulable ?? false,
  };
}

interface BenchRun {
  readonly status: number;
  readonly fault: string;
  readonly rows: readonly OwnMeasurement[];
  readonly said: string;
}

async function bench(
  drainers: readonly Drainer[],
  args: readonly string[] = [],
  stage: Partial<CommandStage> = {},
): Promise<BenchRun> {
  const { own, cases } = readOptions(['--kubeconfig', given.kubeconfig(), '--node', NODE, '--pods', '10', ...args]);
  if (own === undefined) throw new Error('the options name no cluster');
  const rows: OwnMeasurement[] = [];
  const said: string[] = [];
  const whole: CommandStage = {
    say: (line) => said.push(line),
    confirm: () => Promise.resolve('yes'),
    interrupted: new AbortController().signal,
    ...stage,
  };
  const measured = (row: OwnMeasurement) => void rows.push(row);
  const ended = await benchOwnNode({ options: own, cases, drainers, stage: whole, measured }).then(
    (status) => ({ status, fault: '' }),
    (error: unknown) => {
      if (!(error instanceof OwnClusterFault)) throw error;
      return { status: 1, fault: [error.message, ...error.fix].join('\n') };
    },
  );
  return { ...ended, rows, said: said.join('\n') };
}

const FIGURES: OwnFigures = { seconds: 1, requests: 2, refused: 3, lowestReady: 4, violations: 5, workloads: [] };

/** A drainer that does nothing but `work`. */
function stub(work: () => unknown = () => undefined, result: OwnFigures | { fault: string } = FIGURES): Drainer {
  return {
    name: 'stub',
    drain: async () => {
      await work();
      return result;
    },
  };
}

test('measures both, with the same pods on the node before each drain', async () => {
  given.peer.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [NODE] });
  await given.peer.whenSettled();
  const { status, rows, said } = await bench(drainersOf(version, false), ['--budgets', '50%']);
  expect(said).toMatch(/evict +shop\/web-/);
  expect(said).toContain(`ebb: 12 evictable pods on ${NODE}, 2 not the bench's; budgets of 50%`);
  const [byEbb, byKubectl] = rows;
  const row = { pods: 10, budgets: '50%' };
  const promises = [expect.objectContaining({ replicas: 10, floor: 5 }) as object];
  const implied = expect.objectContaining({ replicas: 2, floor: 1 }) as object;
  const measured = { ...row, seconds: expect.any(Number) as number, violations: 0, workloads: promises };
  expect(byEbb).toMatchObject({ ...measured, drainer: 'ebb', others: 2, workloads: [...promises, implied] });
  if (version === undefined) {
    expect(byKubectl).toEqual({ ...row, drainer: 'kubectl', fault: 'not on PATH' });
  } else {
    expect(said).toContain(`kubectl ${version}: 10 evictable pods on ${NODE}, 0 not the bench's; budgets of 50%`);
    const requests = given.peer.requests.entries.filter(({ userAgent }) => userAgent.startsWith('kubectl'));
    const refused = requests.filter((request) => request.status === 429).length;
    expect(byKubectl).toMatchObject({ ...measured, drainer: `kubectl ${version}`, others: 0, refused });
    expect(byKubectl).toMatchObject({ requests: requests.length });
  }
  for (const each of rows.filter((one) => 'seconds' in one)) {
    expect(each.lowestReady).toBeGreaterThanOrEqual(5);
    expect(each.lowestReady).toBeLessThan(10);
  }
  expect([status, rows.length]).toEqual([0, 2]);
});

test.skipIf(version === undefined)('an interrupted kubectl ends with 130 and leaves nothing', async () => {
  const interruption = new AbortController();
  const cordoned = given.peer.on(({ kind }) => {
    if (kind === 'nodeCordoned') interruption.abort();
  });
  const drainers = drainersOf(version, false).slice(1);
  const { status, rows } = await bench(drainers, ['--budgets', '0'], { interrupted: interruption.signal });
  expect([status, rows]).toEqual([130, []]);
  cordoned();
});

describe('the workload', () => {
  test('stands on the node when it is drained, as the case says', async () => {
    const seen: unknown[] = [];
    const look = () => {
      const names = given.peer.store.list(deployments).map(({ metadata }) => metadata.name);
      seen.push([names.toSorted(), given.peer.podsOn(NODE).length]);
    };
    await bench([stub(look)], ['--pods', '20', '--budgets', 'none,1', '--image', 'mirror/pause']);
    expect(seen).toEqual(Array(2).fill([['web-0', 'web-1'], 20]));
  });

  test('that does not fit on the node is said, and removed', async () => {
    const { fault, rows } = await bench([stub()], ['--pods', '120']);
    expect(fault).toMatch(/^\d+ of 120 pods of the bench were put on other nodes than worker\n.*--pods/);
    expect(rows).toEqual([]);
  });

  test('is removed when the bench is interrupted, or a drain fails, and then nothing more is drained', async () => {
    const interruption = new AbortController();
    const interrupting = stub(() => {
      interruption.abort();
      interruption.signal.throwIfAborted();
    });
    expect((await bench([interrupting], [], { interrupted: interruption.signal })).status).toBe(130);
    const failed = await bench([stub(() => undefined, { fault: 'it hangs' }), stub()]);
    expect(failed).toMatchObject({ status: 1, rows: [{ fault: 'it hangs' }] });
  });
});

test('the next drain waits until workloads of others are complete again', async () => {
  given.peer.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [NODE], startSeconds: 0.4 });
  await given.peer.whenSettled();
  const ready: number[] = [];
  const look = () => {
    ready.push(given.peer.pods('shop').filter(({ status }) => status.phase === 'Running').length);
    given.deletePods('shop');
  };
  await bench([stub(look), stub(look)], ['--budgets', 'none']);
  expect(ready).toEqual([2, 2]);
});

describe('is refused before anything is made', () => {
  afterEach(() => {
    const writes = given.peer.requests.of('jane').filter(({ verb, resource }) => {
      return !['get', 'list', 'watch'].includes(verb) && !resource.includes('reviews') && resource !== '';
    });
    expect(writes.filter(({ query }) => !query.includes('dryRun'))).toEqual([]);
  });

  test.each([
    ['an access review', 'NAME'],
    ['trying', 'jane'],
  ])('to a user without the rights, found by %s', async (how, user) => {
    allowBench(['get']);
    if (how === 'trying') given.peer.faults.answer({ path: /accessreviews|subjectreviews/ }, 404, { kind: 'Status' });
    const { fault } = await bench([stub()]);
    expect(fault.split('\n')).toEqual([
      `${user === 'jane' ? 'jane' : 'the user of the kubeconfig'} lacks rights in the cluster:`,
      '  create namespaces',
      '  delete namespaces',
      '  create deployments (apps)',
      '  create poddisruptionbudgets (policy)',
      'as an administrator of the cluster:',
      expect.stringMatching(
        /^ {2}kubectl create clusterrole ebb-bench --verb=create,get,delete --resource=namespaces,/,
      ),
      `  kubectl create clusterrolebinding ebb-bench --clusterrole=ebb-bench --user=${user}`,
    ]);
  });

  test('on a node that takes no pods, or is the only one', async () => {
    given.peer.world.cordon(NODE);
    expect((await bench([stub()])).fault).toMatch(/^node worker is cordoned: .*\nkubectl uncordon worker/);
    given.peer.world.cordon(NODE, false);
    given.peer.world.cordon('worker2');
    expect((await bench([stub()])).fault).toMatch(/^no other node is Ready and takes pods/);
  });

  test('as a process without a terminal and without --yes, once it has said what stands there', async () => {
    given.peer.world.addBarePod({ namespace: 'shop', name: 'alone', node: NODE });
    await given.peer.whenSettled();
    const args = ['test/bench/drain/drain.ts', '--kubeconfig', given.kubeconfig(), '--node', NODE, '--without-kubectl'];
    const ended = promisify(execFile)(process.execPath, args, { cwd: PROJECT });
    await expect(ended).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/evict +shop\/alone .*\n\n.*\nDrains of it: 2, by ebb\./) as string,
      stderr: expect.stringMatching(/^bench: nobody can be asked here, .*\n {2}say --yes/) as string,
    });
  });
});
