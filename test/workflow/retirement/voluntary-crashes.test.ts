/** A voluntary retirement that dies at any step is taken up again, and comes to the same (contract 5.4, 8.2). */
import { describe, expect, test } from 'vitest';
import { ownershipOf } from '../../../lambdas/core/node/isolation.ts';
import { executionName, type TaintedNotice } from '../../../lambdas/core/notice/notice.ts';
import type { Retired } from '../../../lambdas/workflow/retirement/retirement.ts';
import { aPool } from '../../given.ts';
import { Balancers } from '../traffic/balancers.ts';
import { Died, InterruptedRun, type Death } from './interrupted-run.ts';
import { GROUP, Rehearsal } from './rehearsal.ts';
import { PLAIN_KEY, taint } from '../node/tainting.ts';

interface Ended {
  readonly result: Retired['result'];
  readonly completions: readonly string[];
  readonly cordoned: boolean;
  readonly inCharge: boolean;
  readonly violations: number;
  readonly steps: number;
}

async function retire({ blocked, death }: { blocked: boolean; death?: Death }): Promise<Ended> {
  await using rehearsal = await Rehearsal.start({ nodes: 2, drain: { timeoutSeconds: 300 } });
  const { instance, node } = rehearsal.first;
  const { world, availability } = rehearsal.kubernetes;
  world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [node] });
  if (blocked) world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 0 });
  await rehearsal.ready();
  taint(rehearsal, node);
  const at = rehearsal.clock.now();
  const notice: TaintedNotice = {
    kind: 'tainted',
    ...rehearsal.ports.home,
    instance,
    group: GROUP,
    taint: PLAIN_KEY,
    at,
  };
  rehearsal.running.add(executionName(notice));
  const run = new InterruptedRun(death, (seconds) => rehearsal.clock.sleep(seconds * 1000));
  const balancing = new Balancers();
  balancing.has(aPool({ drainSeconds: 10 }), ...rehearsal.instances);
  const attempt = (): Promise<Retired> => rehearsal.retireBy(notice, { run: run.attempt(), balancing });
  const retired = attempt().catch((error: unknown) => {
    if (error instanceof Died) return attempt();
    throw error;
  });
  const { result } = await rehearsal.drive(retired);
  const { metadata, spec } = rehearsal.node(node);
  return {
    result,
    completions: rehearsal.completions(instance),
    cordoned: spec.unschedulable ?? false,
    inCharge: ownershipOf({ annotations: metadata.annotations ?? {} }) !== undefined,
    violations: availability.report().violations.length,
    steps: run.steps,
  };
}

describe.each([
  ['drains', false],
  ['is blocked', true],
])('a run that %s', (_what, blocked) => {
  test('ends the same wherever it dies', { timeout: 120_000 }, async () => {
    const { steps, ...undisturbed } = await retire({ blocked });
    expect(undisturbed).toMatchObject(
      blocked
        ? { result: 'restored', completions: [], cordoned: false, inCharge: false, violations: 0 }
        : { result: 'drained', completions: ['CONTINUE by call'], violations: 0 },
    );
    // Of a long wait the steps are alike: its first few, and its end.
    const chosen = Array.from({ length: steps }, (_, step) => step).filter((step) => step < 7 || step > steps - 5);
    for (const step of chosen) {
      for (const when of blocked ? (['after'] as const) : (['before', 'after'] as const)) {
        const ended = await retire({ blocked, death: { step, when } });
        expect(ended, `${when} step ${step} of ${steps}`).toMatchObject(undisturbed);
      }
    }
  });
});
