/**
 * Constant load through three load balancers while a node is retired: nobody notices. Without the withdrawal, for
 * comparison, requests fail from the first eviction until health checks have found out.
 */
import { Installation } from '../../installation.ts';
import type { Outcome, Scenario, ScenarioOptions, Telling } from '../scenario.ts';
import { costOf } from '../../driving/retirement-cost.ts';
import { terminate } from '../../driving/termination.ts';
import { hasLeft, outcomeOf, stage, type Staged } from '../staging/scene.ts';
import { driveUntil, passTime } from '../../driving/timelapse.ts';
import { countsOf, trafficExpectations, type Load } from '../expectations/traffic-expectations.ts';
import { openFront, populate } from '../staging/traffic-front.ts';
import { watchTraffic } from '../staging/traffic-watch.ts';

const CLUSTER = 'shop';
const GROUP = 'shop-workers';
const HEARTBEAT_SECONDS = 300;

/** Driven time for which requests are sent before the termination, and after the instance has ended. */
const BEFORE_MS = 10_000;
const AFTER_MS = 30_000;

/** Driven seconds in a real one where somebody watches: the three minutes of it take a third of one. */
const WATCHED_SPEED = 10;

/** By then requests that are under way have ended. */
const LAST_MS = 2000;

export const traffic: Scenario = {
  async run(telling, options) {
    const groups = [{ name: GROUP, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS }];
    const configuration = { clusters: [{ name: CLUSTER, groups, withdraw: { enabled: options.withdraw } }] };
    const installation = await Installation.start({ configuration, nodes: 4, step: telling.step });
    try {
      return await retireUnderLoad(installation, telling, options);
    } finally {
      await installation.stop();
    }
  },
};

async function retireUnderLoad(
  installation: Installation,
  telling: Telling,
  { withdraw, watched }: ScenarioOptions,
): Promise<Outcome> {
  const { aws, kubernetes, clock } = installation;
  const speed = watched ? WATCHED_SPEED : Infinity;
  const instances = aws.autoScaling.instanceIds(GROUP);
  populate(
    installation,
    instances.map((each) => installation.nodeOf(each)),
  );
  await kubernetes.settle();
  const from = clock.now();
  const pools = openFront(installation, CLUSTER, instances);
  await clock.advance(BEFORE_MS);
  const [instance = ''] = instances;
  const plan = { scenario: 'traffic', cluster: CLUSTER, group: GROUP, heartbeatSeconds: HEARTBEAT_SECONDS, instance };
  const staged = stage(installation, telling, plan);
  const stopTelling = watchTraffic(staged, pools, telling);
  await terminate(installation, instance);
  await driveUntil(installation, () => hasLeft(staged), speed);
  kubernetes.terminateMachine(staged.scene.node);
  await passTime(installation, AFTER_MS, speed);
  const load = { pools, from, to: clock.now() };
  for (const { stream } of pools) stream.stop();
  await clock.advance(LAST_MS);
  stopTelling();
  const outcome = judge(staged, load, withdraw);
  telling.end(outcome);
  return outcome;
}

function judge(staged: Staged, load: Load, withdraw: boolean): Outcome {
  const expectations = trafficExpectations(staged, load, withdraw);
  const outcome = outcomeOf(staged, { expectations, cost: costOf(staged.installation) });
  return { ...outcome, traffic: countsOf(load.pools) };
}
