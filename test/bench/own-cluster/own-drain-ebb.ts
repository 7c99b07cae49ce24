/** Ebb's drain of somebody's node, measured: a retirement as the demo makes it. */
import type { LoggedEvent } from '../../installation.ts';
import { NO_FALL } from '../../demo/own-cluster/own-cluster-outcome.ts';
import { PATIENCE } from '../../command/command-stage.ts';
import { retireOwnNode } from '../../demo/own-cluster/own-retirement.ts';
import type { Outcome } from '../../demo/scenario.ts';
import { drainSeconds } from '../drain/drain-ebb.ts';
import type { OwnDrain } from './own-drain.ts';
import { lowestOfBench, type OwnFigures, type Unmeasured } from './own-measurement.ts';

export async function drainByEbb(drain: OwnDrain): Promise<OwnFigures | Unmeasured> {
  const { stage, options, upstream, survey, namespace } = drain;
  const events: LoggedEvent[] = [];
  const ended: Outcome[] = [];
  const telling = {
    begin: () => undefined,
    fact: () => undefined,
    event: (event: LoggedEvent) => void events.push(event),
    end: (outcome: Outcome) => void ended.push(outcome),
  };
  await retireOwnNode({ ...survey, options, upstream, patience: PATIENCE, stage: { ...stage, telling } });
  stage.interrupted.throwIfAborted();
  const [outcome] = ended;
  if (outcome === undefined) return { fault: 'it did not begin' };
  const { requests, refused, workloads, violations, expectations } = outcome;
  const broken = expectations.filter(({ holds, what }) => !holds && what !== NO_FALL);
  if (broken.length > 0) return { fault: broken.map(({ what, found }) => `not so: ${what} (${found})`).join('; ') };
  return {
    seconds: drainSeconds(events),
    requests: requests.kubernetes,
    refused,
    lowestReady: lowestOfBench(workloads, namespace),
    violations,
    workloads,
  };
}
