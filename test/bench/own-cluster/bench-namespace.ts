/** A namespace of the bench on somebody's cluster: filled, drained, and removed whatever happens. */
import type { V1Pod, V1PodDisruptionBudget } from '@kubernetes/client-node';
import { randomBytes } from 'node:crypto';
import { isReady } from '../../../lambdas/adapters/kubernetes/pods.ts';
import { kubectlWith } from '../../demo/own-node/node-restoration.ts';
import { readItems } from '../../demo/own-node/own-node.ts';
import { persist } from '../../demo/own-node/persistence.ts';
import { OwnClusterFault } from '../../peers/own-cluster/fault.ts';
import type { CommandStage } from '../../command/command-stage.ts';
import type { Upstream } from '../../peers/own-cluster/upstream.ts';
import { benchWorkload, type Placed } from './bench-workload.ts';
import { REPLICAS, type DrainCase } from '../drain/drain-case.ts';
import type { OwnBenchOptions } from '../drain/options.ts';
import { until } from './waiting.ts';

export interface BenchGround {
  readonly upstream: Upstream;
  readonly options: OwnBenchOptions;
  readonly stage: CommandStage;
}

/** The image is fetched in it. */
const START_SECONDS = 180;
const END_MS = 120_000;

/** @returns what `work` does; false too when the namespace could not be removed @throws OwnClusterFault */
export async function withWorkload(
  ground: BenchGround,
  drain: DrainCase,
  work: (namespace: string) => Promise<boolean>,
): Promise<boolean> {
  const { upstream, options, stage } = ground;
  const { interrupted } = stage;
  const namespace = `ebb-bench-${randomBytes(4).toString('hex')}`;
  let well: boolean;
  try {
    stage.say(`Putting ${drain.pods} pods on ${options.node}, in namespace ${namespace} …`);
    for (const placed of benchWorkload({ ...options, namespace }, drain)) {
      interrupted.throwIfAborted();
      await make(upstream, placed);
    }
    await until(() => lackOf(ground, namespace, drain), { seconds: START_SECONDS, signal: interrupted });
    well = await work(namespace);
  } finally {
    stage.say(`Deleting namespace ${namespace} …`);
    const fault = await persist(() => remove(upstream, namespace), END_MS);
    if (fault !== undefined) {
      well = false;
      stage.say(`Namespace ${namespace} could not be deleted: ${fault}. By hand:`);
      stage.say(`  ${kubectlWith(options.kubeconfig)} delete namespace ${namespace}`);
    }
  }
  return well;
}

async function make(upstream: Upstream, { path, manifest }: Placed): Promise<void> {
  const body = Buffer.from(JSON.stringify(manifest));
  const answer = await upstream.ask({ method: 'POST', path, headers: { 'content-type': 'application/json' }, body });
  if (answer.status === 201) return;
  const { message = `HTTP ${answer.status}` } = answer.body as { message?: string };
  throw new OwnClusterFault(`${manifest.kind} ${manifest.metadata.name} cannot be created: ${message}`, []);
}

/** Asks again until the namespace is gone: it ends only after all that is in it. */
async function remove(upstream: Upstream, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  await upstream.ask({ method: 'DELETE', path });
  const { status, body } = await upstream.ask({ method: 'GET', path });
  if (status === 404) return;
  const { status: namespace } = body as { status?: { phase?: string } };
  throw new Error(namespace?.phase === 'Terminating' ? 'it is still ending' : `HTTP ${status}`);
}

/** What keeps a case from being what it says. @throws OwnClusterFault when that will not change */
async function lackOf(
  { upstream, options: { node } }: BenchGround,
  namespace: string,
  { pods, budgets }: DrainCase,
): Promise<string | undefined> {
  const made = await readItems<V1Pod>(upstream, `/api/v1/namespaces/${namespace}/pods`, 'the pods of the bench');
  const elsewhere = made.filter(({ spec }) => spec?.nodeName !== undefined && spec.nodeName !== node).length;
  if (elsewhere > 0)
    throw new OwnClusterFault(`${elsewhere} of ${pods} pods of the bench were put on other nodes than ${node}`, [
      'it must have room for them, and no taint that they would have to tolerate; --pods says how many they are',
    ]);
  const ready = made.filter(isReady).length;
  if (ready < pods) {
    const why = made.flatMap((pod) => troubleOf(pod) ?? [])[0];
    return [`${ready} of ${pods} pods of the bench are Ready on ${node}`, why].filter(Boolean).join(': ');
  }
  if (budgets === 'none') return undefined;
  const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
  const counted = await readItems<V1PodDisruptionBudget>(upstream, path, 'the budgets of the bench');
  return counted.every(({ status }) => status?.currentHealthy === REPLICAS) ? undefined : 'budgets are not counted yet';
}

/** Why a pod does not start, in the words of the scheduler or the kubelet. */
function troubleOf({ status = {} }: V1Pod): string | undefined {
  const unplaced = status.conditions?.find(({ type, status: value }) => type === 'PodScheduled' && value === 'False');
  const [waiting] = status.containerStatuses?.flatMap(({ state }) => state?.waiting ?? []) ?? [];
  return unplaced?.message ?? waiting?.message ?? waiting?.reason;
}
