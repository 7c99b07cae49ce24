/**
 * A budget that never frees, and what each policy makes of it at the deadline: `force` deletes the pod in time, `wait`
 * keeps the instance until its hook's own limit, `retain` keeps it past the hook and terminates it once it is empty.
 */
import { Installation } from '../../installation.ts';
import { budgets } from '../../peers/kubernetes/storage/resources.ts';
import { completionExpectation, heartbeatExpectation } from '../expectations/expectations.ts';
import type { Expectation, Outcome, Scenario } from '../scenario.ts';
import { costOf } from '../../driving/retirement-cost.ts';
import { hasEnded, terminate } from '../../driving/termination.ts';
import { outcomeOf, secondsSince, stage, type Staged } from '../staging/scene.ts';
import { driveUntil } from '../../driving/timelapse.ts';

const CLUSTER = 'shop';
const HEARTBEAT_SECONDS = 30;
const DRAIN_SECONDS = 900;

/** When the budget of the retained node's pod frees after all. */
const FREED_AFTER_MS = 1_800_000;

const POLICIES = ['force', 'wait', 'retain'] as const;
type Policy = (typeof POLICIES)[number];

/** The instance of a group that leaves. */
interface Leaving {
  readonly policy: Policy;
  readonly instance: string;
  readonly node: string;
}

const groupOf = (policy: Policy): string => `${policy}-workers`;

export const deadline: Scenario = {
  async run(telling) {
    const groups = POLICIES.map((policy) => ({
      name: groupOf(policy),
      heartbeatTimeoutSeconds: HEARTBEAT_SECONDS,
      drainTimeoutSeconds: DRAIN_SECONDS,
      atDeadline: policy,
    }));
    const configuration = { clusters: [{ name: CLUSTER, groups, maxLeaving: '100%' }] };
    const installation = await Installation.start({ configuration, nodes: 2, step: telling.step });
    try {
      const { aws, kubernetes, clock } = installation;
      aws.autoScaling.setLifecyclePolicy(groupOf('retain'), { terminateHookAbandon: 'retain' });
      const leaving = POLICIES.map((policy): Leaving => {
        const [instance = ''] = aws.autoScaling.instanceIds(groupOf(policy));
        return { policy, instance, node: installation.nodeOf(instance) };
      });
      for (const each of leaving) populate(installation, each);
      await kubernetes.settle();
      const [{ instance } = { instance: '' }] = leaving;
      const plan = {
        scenario: 'deadline',
        cluster: CLUSTER,
        group: groupOf('force'),
        instance,
        story: storyOf(leaving),
      };
      const staged = stage(installation, telling, { ...plan, heartbeatSeconds: HEARTBEAT_SECONDS });
      for (const each of leaving) await terminate(installation, each.instance);
      clock.after(FREED_AFTER_MS, () => {
        kubernetes.store.change(budgets, { namespace: 'shop', name: 'retain' }, ({ spec }) => {
          spec.maxUnavailable = 1;
        });
      });
      await driveUntil(
        installation,
        () => hasEnded(installation) && leaving.every(({ instance: id }) => aws.autoScaling.state(id) === 'Terminated'),
      );
      const expectations = leaving.flatMap((each) => expectationsOf(staged, each));
      const outcome = wholeOutcome(staged, leaving, expectations);
      telling.end(outcome);
      return outcome;
    } finally {
      await installation.stop();
    }
  },
};

/** One pod, named like its group's policy, whose budget allows nothing. */
function populate({ kubernetes: { world } }: Installation, { policy, node }: Leaving): void {
  world.addDeployment({ namespace: 'shop', name: policy, nodes: [node], startSeconds: 5, shutdownSeconds: 2 });
  world.addBudget({ namespace: 'shop', name: policy, for: policy, maxUnavailable: 0 });
}

function storyOf(leaving: readonly Leaving[]): string {
  const nodes = leaving.map(({ policy, node }) => `${policy}: ${node.split('.')[0] ?? node}`);
  return `Three instances are terminated, one of each group; their budgets allow nothing. At the deadline, after ${DRAIN_SECONDS} s, each does as its group says: ${nodes.join(', ')}.`;
}

/** Of all three retirements. */
function wholeOutcome(staged: Staged, leaving: readonly Leaving[], expectations: readonly Expectation[]): Outcome {
  const { installation, scene } = staged;
  const { aws, clock, events } = installation;
  const since = secondsSince(scene);
  const count = (wanted: string): number => events.filter(({ type }) => type === wanted).length;
  const ends = leaving.map(({ policy, instance }): [string, number] => {
    const completion = aws.autoScaling.history(instance).find(({ kind }) => kind === 'completion');
    return [`${policy}: hook over`, since(completion?.at)];
  });
  return {
    ...outcomeOf(staged, { expectations, cost: costOf(installation) }),
    seconds: since(clock.now()),
    pods: count('pod.evicted'),
    forced: count('pod.forced'),
    stages: Object.fromEntries(ends),
  };
}

function expectationsOf(staged: Staged, leaving: Leaving): Expectation[] {
  const { installation, scene } = staged;
  const { policy, instance } = leaving;
  const wanted = policy === 'retain' ? 'ABANDON' : 'CONTINUE';
  const expectations = [
    completionExpectation(installation, instance, wanted),
    heartbeatExpectation(installation, instance),
    endExpectation(staged, leaving),
    {
      what: 'the instance is terminated in the end',
      holds: installation.aws.autoScaling.state(instance) === 'Terminated',
      found: installation.aws.autoScaling.state(instance) ?? 'unknown',
    },
  ];
  const { violations } = installation.kubernetes.availability.report();
  const fell = violations.some(
    ({ workload, at }) => workload.includes(`/${policy}-`) && policy !== 'force' && at > scene.at,
  );
  expectations.push({
    what: 'its budget was kept before the deadline',
    holds: !fell,
    found: fell ? 'it was not' : 'it was',
  });
  return expectations.map((each) => ({ ...each, what: `${policy}: ${each.what}` }));
}

/** When the hook ended, and whether the pod had gone by then. */
function endExpectation({ installation, scene }: Staged, { policy, instance, node: left }: Leaving): Expectation {
  const { aws, kubernetes } = installation;
  const since = secondsSince(scene);
  const after = since(aws.autoScaling.history(instance).find(({ kind }) => kind === 'completion')?.at);
  const life = kubernetes.timeline.lives.find(({ node, pod }) => node === left && pod.startsWith(`${policy}-`));
  const gone = since(life?.gone);
  const { what, holds } = ENDS[policy];
  return { what, holds: holds(after, gone), found: `hook over after ${after} s, pod gone after ${gone} s` };
}

/** What must hold of the seconds until the hook was over and until the pod had gone, which may be never. */
const ENDS: Readonly<Record<Policy, { what: string; holds: (after: number, gone: number) => boolean }>> = {
  force: {
    what: 'the pod was deleted with its own grace before the deadline',
    holds: (after, gone) => gone >= DRAIN_SECONDS - 30 && gone <= after && after <= DRAIN_SECONDS,
  },
  wait: {
    what: 'nothing was forced, and the instance kept until the hook’s own limit',
    holds: (after, gone) => !(gone <= after) && after >= 100 * HEARTBEAT_SECONDS - 90,
  },
  retain: {
    what: 'the instance outlived its hook, and was drained when its budget freed',
    // The event, from whose time the deadline counts, is dated in whole seconds.
    holds: (after, gone) => after >= DRAIN_SECONDS - 1 && gone >= FREED_AFTER_MS / 1000,
  },
};
