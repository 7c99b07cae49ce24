/** `kubectl drain` of somebody's node, measured: through the proxy that Ebb goes through, and watched as Ebb is. */
import { randomUUID } from 'node:crypto';
import { kubectlWith } from '../../demo/own-node/node-restoration.ts';
import { observe } from '../../demo/own-watch/observer.ts';
import { refusedEvictions } from '../../demo/own-cluster/own-cluster-outcome.ts';
import { PATIENCE } from '../../command/command-stage.ts';
import { nodePath } from '../../demo/own-node/own-node.ts';
import { persist } from '../../demo/own-node/persistence.ts';
import { WorkloadWatch } from '../../demo/own-watch/workload-watch.ts';
import { kubeconfig } from '../../peers/kubernetes/access/kubeconfig.ts';
import { wordsOf } from '../../peers/own-cluster/fault.ts';
import { OwnClusterProxy } from '../../peers/own-cluster/proxy.ts';
import type { Upstream } from '../../peers/own-cluster/upstream.ts';
import { kubectlDrain } from '../drain/kubectl.ts';
import type { OwnDrain } from './own-drain.ts';
import { lowestOfBench, type OwnFigures, type Unmeasured } from './own-measurement.ts';

export async function drainByKubectl(drain: OwnDrain): Promise<OwnFigures | Unmeasured> {
  const { options, stage, upstream, leaving, survey } = drain;
  const { policy } = survey.configuration;
  const token = randomUUID();
  // To the proxy kubectl is what Ebb's functions are: the one whose requests count.
  const proxy = await OwnClusterProxy.start({ upstream, isFunction: (bearer) => Promise.resolve(bearer === token) });
  const connection = observe(proxy);
  let drained: OwnFigures | Unmeasured;
  try {
    const watched = await WorkloadWatch.open(connection, { node: options.node, leaving, policy }, () => undefined);
    drained = await measure(drain, { proxy, token, watched }).finally(() => {
      watched.close();
    });
  } finally {
    await proxy.shutOut();
    await connection.close();
    await proxy.stop();
    const fault = await persist(() => uncordon(upstream, options.node), PATIENCE.restore);
    if (fault !== undefined) {
      drained = { fault: `the node could not be uncordoned: ${fault}` };
      stage.say(`${options.node} is still cordoned. By hand:`);
      stage.say(`  ${kubectlWith(options.kubeconfig)} uncordon ${options.node}`);
    }
  }
  return drained;
}

interface Watched {
  readonly proxy: OwnClusterProxy;
  /** What the proxy takes for the drainer's. */
  readonly token: string;
  readonly watched: WorkloadWatch;
}

async function measure(
  { options, stage, namespace }: OwnDrain,
  { proxy, token, watched }: Watched,
): Promise<OwnFigures | Unmeasured> {
  const { node, drainTimeoutSeconds } = options;
  try {
    const seconds = await kubectlDrain({
      kubeconfig: kubeconfig(proxy, 'kubectl', { token }),
      node,
      // What Ebb evicts too: pods with an emptyDir, and those that nobody makes again.
      options: ['--delete-emptydir-data', '--force', `--timeout=${drainTimeoutSeconds}s`],
      signal: stage.interrupted,
    });
    const requests = proxy.requests.filter(({ by }) => by === 'function');
    const workloads = watched.workloads();
    return {
      seconds,
      requests: requests.length,
      refused: refusedEvictions(requests),
      lowestReady: lowestOfBench(workloads, namespace),
      violations: watched.violations.length,
      workloads,
    };
  } catch (error) {
    stage.interrupted.throwIfAborted();
    return { fault: lastLineOf(error) };
  }
}

/** What a process that failed said last. */
function lastLineOf(error: unknown): string {
  const said = (error as { stderr?: string }).stderr?.trim().split('\n').at(-1);
  return said === undefined || said === '' ? wordsOf(error) : said;
}

async function uncordon(upstream: Upstream, node: string): Promise<void> {
  const { status } = await upstream.ask({
    method: 'PATCH',
    path: nodePath(node),
    headers: { 'content-type': 'application/merge-patch+json' },
    body: Buffer.from(JSON.stringify({ spec: { unschedulable: null } })),
  });
  if (status !== 200 && status !== 404) throw new Error(`HTTP ${status}`);
}
