/** Bugs that the search must find: each falsifies one port, as a mistake in the code would have it. */
import type { Cluster, ReachedCluster } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { DurableRun } from '../../../lambdas/workflow/ports/lambda.ts';
import type { Workload } from '../../../lambdas/core/drain/implied-budget.ts';
import { ownerKey, type Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import { countSiblings } from '../../../lambdas/core/kubernetes/siblings.ts';
import type { RetirementPorts } from '../../../lambdas/workflow/retirement/retirement.ts';
import type { WatchedDrain } from '../world/drain-watch.ts';
import { GROUP, HOOK, INSTANCE, NODE } from '../world/names.ts';
import type { Bug } from './model-run.ts';

/** Says that the heartbeat was recorded, and sends none. */
export const lostHeartbeat: Bug = (ports) => ({
  ...ports,
  lifecycle: { ...ports.lifecycle, heartbeat: () => Promise.resolve('recorded') },
});

/** Completes the hook, and once more to be sure. */
export const doubleCompletion: Bug = (ports) => ({
  ...ports,
  lifecycle: {
    ...ports.lifecycle,
    complete: async (action) => {
      const outcome = await ports.lifecycle.complete(action);
      await ports.lifecycle.complete(action);
      return outcome;
    },
  },
});

/** Deletes where it should evict, so that no budget is asked. */
export const skippedBudget: Bug = (ports) =>
  withCluster(ports, (cluster) => ({
    evict: (pod, graceSeconds = pod.graceSeconds) => cluster.remove(pod, graceSeconds),
  }));

/** Heartbeats between two steps, where a replay does it again. */
export const heartbeatOutsideOfSteps: Bug = (ports) =>
  withRun(ports, ({ run, lifecycle }) => ({
    suspend: async (name, seconds) => {
      await lifecycle.heartbeat({ group: GROUP, hook: HOOK, instance: INSTANCE });
      await run.suspend(name, seconds);
    },
  }));

/** Does its last step without keeping that it is done. */
export const finishOutsideOfSteps: Bug = (ports) =>
  withRun(ports, ({ run }) => ({
    step: (name, work) => (name === 'finish' ? work() : run.step(name, work)),
  }));

/** Takes whatever machine has the node's name for the instance, until it drains. */
export const marksOnAnotherMachine: Bug = (ports) => {
  let isDraining = false;
  const blind = withCluster(ports, (cluster) => {
    const readNode: Cluster['readNode'] = async (name) => {
      const node = await cluster.readNode(name);
      return node === undefined || isDraining ? node : { ...node, providerId: `aws:///x/${INSTANCE}` };
    };
    const findNodes: Cluster['findNodes'] = async () => {
      const node = await readNode(NODE);
      return node === undefined ? [] : [node];
    };
    return { readNode, findNodes };
  });
  return withRun(blind, ({ run }) => ({
    step: (name, work) => {
      isDraining = name === 'drain';
      return run.step(name, work);
    },
  }));
};

/** Writes its own taint alone, and takes off what others have put on the node. */
export const foreignTaintsTakenOff: Bug = (ports) =>
  withCluster(ports, (cluster) => ({
    patchNode: (name, patch) => {
      const taints = patch.spec.taints.filter(({ key }) => key.includes('ebb'));
      return cluster.patchNode(name, { ...patch, spec: { ...patch.spec, taints } });
    },
  }));

/** Writes its name on the node, and leaves it open to new pods. */
export const notIsolated: Bug = (ports) =>
  withCluster(ports, (cluster) => ({
    patchNode: (name, patch) => {
      const taints = patch.spec.taints.filter(({ key }) => !key.includes('ebb'));
      return cluster.patchNode(name, { ...patch, spec: { taints } });
    },
  }));

/** Releases an instance as soon as its first pods are asked to leave. */
export const releasedTooEarly: Bug = (ports) =>
  withCluster(ports, (cluster) => ({
    watchDrain: async (node, listener) => {
      const watch = await cluster.watchDrain(node, listener);
      const isEmptied = (): boolean => watch.state().pods.some(({ deletingUntil }) => deletingUntil !== undefined);
      return {
        state: () => (isEmptied() ? { ...watch.state(), pods: [] } : watch.state()),
        follow: (pod) => {
          watch.follow(pod);
        },
        confirm: () => watch.confirm(),
        close: () => {
          watch.close();
        },
      };
    },
  }));

/** Takes for siblings of a pod whatever bears all of its labels. */
export const siblingsByLabels: Bug = (ports) =>
  withCluster(ports, (cluster) => ({
    watchDrain: async (node, listener) => {
      const watch = (await cluster.watchDrain(node, listener)) as WatchedDrain;
      const labels = new Map<string, Pod['labels']>();
      const misled = ([key, { owner, replicas, unknown }]: [string, Workload]): [string, Workload] => {
        const selector = { matchLabels: labels.get(key) ?? {} };
        const { readyPods, unreadyPods } = countSiblings({ owner, replicas, selector }, watch.namespace);
        const counted = { owner, readyPods, unreadyPods };
        // A kind that nobody knows wants as many as are found.
        const found = readyPods.size + unreadyPods.length;
        return [key, unknown === undefined ? { ...counted, replicas } : { ...counted, replicas: found, unknown }];
      };
      return {
        state: () => ({ ...watch.state(), workloads: new Map([...watch.state().workloads].map(misled)) }),
        follow: (pod) => {
          if (pod.owner !== undefined) labels.set(ownerKey(pod.owner), labels.get(ownerKey(pod.owner)) ?? pod.labels);
          watch.follow(pod);
        },
        confirm: () => watch.confirm(),
        close: () => {
          watch.close();
        },
      };
    },
  }));

function withCluster(ports: RetirementPorts, falsify: (cluster: Cluster) => Partial<Cluster>): RetirementPorts {
  const open = async (reached: ReachedCluster): Promise<Cluster> => {
    const cluster = await ports.clusters.open(reached);
    const falsified = falsify(cluster);
    return new Proxy(cluster, {
      get: (target, key) => Reflect.get(key in falsified ? falsified : target, key) as unknown,
    });
  };
  return { ...ports, clusters: { open } };
}

function withRun(ports: RetirementPorts, falsify: (ports: RetirementPorts) => Partial<DurableRun>): RetirementPorts {
  const { run } = ports;
  const faithful: DurableRun = {
    step: (name, work) => run.step(name, work),
    suspend: (name, seconds) => run.suspend(name, seconds),
  };
  return { ...ports, run: { ...faithful, ...falsify(ports) } };
}
