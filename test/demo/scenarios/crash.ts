/**
 * The main job while the function is killed again and again, at random checkpoints: what it does in the end is the same.
 * The seed of the kills is told, and `EBB_SEED` repeats it.
 */
import * as fc from 'fast-check';
import { Installation } from '../../installation.ts';
import {
  evictedPods,
  expectationsOfAws,
  expectationsOfPods,
  heartbeatExpectation,
} from '../expectations/expectations.ts';
import { populate } from './lifecycle.ts';
import type { Expectation, Scenario, Telling } from '../scenario.ts';
import { costOf } from '../../driving/retirement-cost.ts';
import { terminate } from '../../driving/termination.ts';
import { hasLeft, outcomeOf, stage, type Staged } from '../staging/scene.ts';
import { driveUntil } from '../../driving/timelapse.ts';

const CLUSTER = 'shop';
const GROUP = 'shop-workers';
const KILLS = 6;
/**
 * Lambda begins a run that was killed again after 1, 2, 4 … 32 s. After six kills in a row it is away for 63 s, so a hook
 * that ran out after a minute would be lost before a heartbeat could be sent.
 */
const HEARTBEAT_SECONDS = 120;

export const crash: Scenario = {
  async run(telling) {
    const group = { name: GROUP, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS };
    const configuration = { clusters: [{ name: CLUSTER, groups: [group] }] };
    const installation = await Installation.start({ configuration, nodes: 3, step: telling.step });
    try {
      const { aws, kubernetes } = installation;
      const instances = aws.autoScaling.instanceIds(GROUP);
      populate(
        kubernetes.world,
        instances.map((each) => installation.nodeOf(each)),
      );
      await kubernetes.settle();
      const [instance = ''] = instances;
      const plan = { scenario: 'crash', cluster: CLUSTER, group: GROUP, heartbeatSeconds: HEARTBEAT_SECONDS, instance };
      const staged = stage(installation, telling, plan);
      const seed = Number(process.env.EBB_SEED ?? Math.floor(Math.random() * 2 ** 31));
      orderKills(installation, seed);
      tellKills(installation, telling);
      await terminate(installation, instance);
      await driveUntil(installation, () => hasLeft(staged));
      kubernetes.terminateMachine(staged.scene.node);
      const outcome = outcomeOf(staged, { expectations: expectationsOf(staged, seed), cost: costOf(installation) });
      telling.end(outcome);
      return outcome;
    } finally {
      await installation.stop();
    }
  },
};

/** Each a few checkpoints after the one before; the checkpoint itself is lost or kept. */
function orderKills(installation: Installation, seed: number): void {
  const kill = fc.record({ gap: fc.integer({ min: 1, max: 3 }), when: fc.constantFrom('before', 'after') });
  const [kills = []] = fc.sample(fc.array(kill, { minLength: KILLS, maxLength: KILLS }), { seed, numRuns: 1 });
  let checkpoint = 0;
  for (const { gap, when } of kills) {
    checkpoint += gap;
    const retirement = installation.functionNamed('NodeRetirement');
    installation.aws.lambda.killAtCheckpoint({ function: retirement, checkpoint, when });
  }
}

function tellKills({ aws, clock }: Installation, telling: Telling): void {
  let number = 0;
  aws.lambda.onKill((when) => {
    number += 1;
    telling.kill?.({ at: clock.now(), number, of: KILLS, when });
  });
}

function expectationsOf({ installation, scene, facts }: Staged, seed: number): Expectation[] {
  const { aws } = installation;
  const completedAt = aws.autoScaling.history(scene.instance).find(({ kind }) => kind === 'completion')?.at ?? NaN;
  const evicted = evictedPods(installation, scene);
  const kills = aws.lambda.executions.reduce((sum, { name }) => sum + aws.lambda.durable.usage(name).kills, 0);
  return [
    {
      what: `it was killed ${kills} of ${KILLS} times, at least half of them (EBB_SEED=${seed} repeats this)`,
      holds: kills >= KILLS / 2,
      found: `${kills} times`,
    },
    ...expectationsOfAws(installation, scene),
    ...expectationsOfPods(installation, { scene, facts, evicted, completedAt }),
    // It takes about a minute, so that none may be due.
    heartbeatExpectation(installation, scene.instance, 0),
  ];
}
