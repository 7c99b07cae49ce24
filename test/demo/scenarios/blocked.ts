/**
 * A drain that a budget blocks for an hour, then no more: the run suspends meanwhile and costs next to nothing, its hook
 * is kept alive, and the freed budget is used within three minutes. An hour passes in seconds, on the driven clock.
 */
import { Installation } from '../../installation.ts';
import { budgets } from '../../peers/kubernetes/storage/resources.ts';
import {
  budgetExpectation,
  completionExpectation,
  evictedPods,
  heartbeatExpectation,
} from '../expectations/expectations.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { costOf } from '../../driving/retirement-cost.ts';
import { terminate } from '../../driving/termination.ts';
import { hasLeft, outcomeOf, secondsSince, stage, type Staged } from '../staging/scene.ts';
import { driveUntil } from '../../driving/timelapse.ts';

const CLUSTER = 'shop';
const GROUP = 'shop-workers';
const HEARTBEAT_SECONDS = 300;

/** When somebody lets the budget allow a disruption, and how soon that must be used. */
const FREED_AFTER_MS = 3_600_000;
const USED_WITHIN_SECONDS = 185;

export const blocked: Scenario = {
  async run(telling) {
    const group = { name: GROUP, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS, drainTimeoutSeconds: 14_400 };
    const configuration = { clusters: [{ name: CLUSTER, groups: [group] }] };
    const installation = await Installation.start({ configuration, nodes: 3, step: telling.step });
    try {
      const [instance = ''] = installation.aws.autoScaling.instanceIds(GROUP);
      populate(installation, installation.nodeOf(instance));
      await installation.kubernetes.settle();
      const plan = {
        scenario: 'blocked',
        cluster: CLUSTER,
        group: GROUP,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        instance,
      };
      const staged = stage(installation, telling, plan);
      await terminate(installation, instance);
      const { clock, kubernetes } = installation;
      clock.after(FREED_AFTER_MS, () => {
        kubernetes.store.change(budgets, { namespace: 'shop', name: 'web' }, ({ spec }) => {
          spec.minAvailable = 2;
        });
      });
      await driveUntil(installation, () => hasLeft(staged));
      const cost = costOf(installation);
      const outcome = outcomeOf(staged, { expectations: expectationsOf(staged), cost });
      telling.end(outcome);
      return outcome;
    } finally {
      await installation.stop();
    }
  },
};

/** Three pods that must all stay, one that nobody minds, and a system-critical one, which goes last. */
function populate({ kubernetes: { world } }: Installation, node: string): void {
  const place = { nodes: [node], startSeconds: 5, shutdownSeconds: 2 };
  world.addDeployment({ namespace: 'shop', name: 'web', replicas: 3, ...place });
  world.addBudget({ namespace: 'shop', name: 'web', for: 'web', minAvailable: 3 });
  world.addDeployment({ namespace: 'shop', name: 'report', replicas: 1, ...place });
  const critical = { priorityClass: 'system-cluster-critical' };
  world.addDeployment({ namespace: 'kube-system', name: 'coredns', replicas: 1, ...place, ...critical });
}

function expectationsOf({ installation, scene }: Staged): Expectation[] {
  const evicted = evictedPods(installation, scene);
  const since = secondsSince(scene);
  const [freed, ...others] = evicted.filter(({ pod }) => pod.startsWith('web-'));
  const usedAfter = since(freed?.terminating) - FREED_AFTER_MS / 1000;
  const last = evicted.toSorted((a, b) => (a.terminating ?? NaN) - (b.terminating ?? NaN)).at(-1);
  const { billedSeconds, suspendedSeconds } = costOf(installation);
  return [
    completionExpectation(installation, scene.instance, 'CONTINUE'),
    heartbeatExpectation(installation, scene.instance),
    budgetExpectation(installation),
    {
      what: `the freed budget was used within ${USED_WITHIN_SECONDS} s`,
      holds: others.length === 2 && usedAfter >= 0 && usedAfter <= USED_WITHIN_SECONDS,
      found: `${usedAfter.toFixed(1)} s`,
    },
    {
      what: 'the system-critical pod went last',
      holds: last?.pod.startsWith('coredns-') === true,
      found: last?.pod ?? 'none went',
    },
    {
      what: 'every pod that was to leave has left',
      holds: evicted.length === scene.leaving.length && evicted.every(({ gone }) => gone !== undefined),
      found: `${evicted.length} of ${scene.leaving.length}`,
    },
    {
      what: 'nine tenths of the time were suspended',
      holds: suspendedSeconds > 9 * billedSeconds,
      found: `${suspendedSeconds} s suspended, ${billedSeconds} s billed`,
    },
  ];
}
