/** What must hold of the requests when a node has been retired, with its withdrawal or without; read from the peers. */
import { budgetExpectation, evictedPods, expectationsOfAws } from './expectations.ts';
import type { Expectation, Traffic } from '../scenario.ts';
import { secondsSince, type Staged } from '../staging/scene.ts';
import { eventsOf, REQUESTS_PER_SECOND, type LoadedPool } from '../staging/traffic-front.ts';

/** For that long after its deregistration a target may still be sent requests (contract 7.1). */
const EVICTED_AFTER_SECONDS = 10;

/** What was sent, from when to when, in driven epoch milliseconds. */
export interface Load {
  readonly pools: readonly LoadedPool[];
  readonly from: number;
  readonly to: number;
}

/** Of requests that have ended. */
export function countsOf(pools: readonly LoadedPool[]): Traffic {
  const each = pools.map(({ name, behind, stream: { served, failures } }) => {
    return { name, behind, served, failed: failures.length };
  });
  const sum = (of: (pool: (typeof each)[number]) => number): number => each.reduce((all, pool) => all + of(pool), 0);
  return { served: sum(({ served }) => served), failed: sum(({ failed }) => failed), pools: each };
}

/** @param withdraw whether Ebb was to take the node out of its load balancers */
export function trafficExpectations(staged: Staged, load: Load, withdraw: boolean): Expectation[] {
  const { installation, scene } = staged;
  return [
    loadExpectation(staged, load),
    ...(withdraw ? withdrawnExpectations(staged, load) : unwithdrawnExpectations(staged, load)),
    ...expectationsOfAws(installation, scene),
    leftExpectation(staged),
    budgetExpectation(installation),
  ];
}

/** Without this, that no request failed would mean nothing. */
function loadExpectation({ scene }: Staged, { pools, from, to }: Load): Expectation {
  const due = Math.floor(((to - from) / 1000) * REQUESTS_PER_SECOND);
  const short = countsOf(pools).pools.filter(({ served, failed }) => served + failed < due - REQUESTS_PER_SECOND);
  const unused = pools.filter(({ stream }) => !((stream.lastSentTo(scene.instance) ?? NaN) > from));
  return {
    what: `each pool was sent ${REQUESTS_PER_SECOND} requests a second all along, the node its share until it left`,
    holds: short.length === 0 && unused.length === 0,
    found: [...short, ...unused].map(({ name }) => name).join(', '),
  };
}

function withdrawnExpectations(staged: Staged, { pools }: Load): Expectation[] {
  const { scene } = staged;
  const { failed } = countsOf(pools);
  const since = secondsSince(scene);
  const evictedAt = firstEviction(staged);
  const seen = pools.map((pool) => timesOf(staged, pool));
  const completedAt = completionOf(staged);
  return [
    { what: 'no request failed', holds: failed === 0, found: `${failed} failed` },
    {
      what: `each pool’s target was deregistered ${EVICTED_AFTER_SECONDS} s before the first eviction`,
      holds: seen.every(({ deregistered }) => evictedAt - deregistered >= EVICTED_AFTER_SECONDS * 1000),
      found: `${perPool(seen, ({ deregistered }) => since(deregistered))}; first eviction ${since(evictedAt)} s`,
    },
    {
      what: 'no request was sent to the node from then on',
      holds: seen.every(({ lastSent, deregistered }) => lastSent <= deregistered),
      found: perPool(seen, ({ lastSent }) => since(lastSent)),
    },
    {
      what: 'the hook was completed only after each target was unused',
      holds: seen.every(({ unused }) => unused <= completedAt),
      found: `${perPool(seen, ({ unused }) => since(unused))}; hook ${since(completedAt)} s`,
    },
  ];
}

/** They say that requests fail where nothing is withdrawn, why, and that nothing else makes them fail. */
function unwithdrawnExpectations(staged: Staged, { pools }: Load): Expectation[] {
  const { scene } = staged;
  const failures = pools.flatMap(({ stream }) => stream.failures);
  const elsewhere = failures.filter(({ target }) => target?.id !== scene.instance);
  const seen = pools.map((pool) => timesOf(staged, pool));
  const evictedAt = firstEviction(staged);
  const since = secondsSince(scene);
  return [
    {
      what: 'without withdrawing, requests failed in each pool',
      holds: pools.every(({ stream }) => stream.failures.length > 0),
      found: `${failures.length} failed`,
    },
    {
      what: 'all that failed had been sent to the node after its pods were asked to go',
      holds: elsewhere.length === 0 && failures.every(({ at }) => at >= evictedAt),
      found: `${elsewhere.length} to others`,
    },
    {
      what: 'none failed any more once health checks had found out',
      holds: seen.every(({ lastFailed, unhealthy }) => !(lastFailed > unhealthy) && !Number.isNaN(unhealthy)),
      found: `unhealthy ${perPool(seen, ({ unhealthy }) => since(unhealthy))}`,
    },
    {
      what: 'nobody deregistered the node',
      holds: seen.every(({ deregistered }) => Number.isNaN(deregistered)),
      found: perPool(seen, ({ deregistered }) => since(deregistered)),
    },
  ];
}

/** When what happened to the node in a pool; NaN: never. */
interface PoolTimes {
  readonly name: string;
  readonly deregistered: number;
  readonly unused: number;
  readonly unhealthy: number;
  readonly lastSent: number;
  readonly lastFailed: number;
}

function timesOf({ installation, scene: { instance } }: Staged, pool: LoadedPool): PoolTimes {
  const events = eventsOf(installation, pool, instance);
  const timeOf = (kind: (typeof events)[number]['kind']): number =>
    events.find((each) => each.kind === kind)?.at ?? NaN;
  const { name, stream } = pool;
  return {
    name,
    deregistered: timeOf('draining'),
    unused: timeOf('gone'),
    unhealthy: timeOf('unhealthy'),
    lastSent: stream.lastSentTo(instance) ?? NaN,
    lastFailed: stream.failures.at(-1)?.at ?? NaN,
  };
}

function perPool(seen: readonly PoolTimes[], secondsOf: (times: PoolTimes) => number): string {
  return seen.map((times) => `${times.name} ${secondsOf(times)} s`).join(', ');
}

function firstEviction({ installation, scene }: Staged): number {
  return Math.min(...evictedPods(installation, scene).map(({ terminating }) => terminating ?? NaN));
}

function completionOf({ installation, scene }: Staged): number {
  return installation.aws.autoScaling.history(scene.instance).find(({ kind }) => kind === 'completion')?.at ?? NaN;
}

function leftExpectation(staged: Staged): Expectation {
  const { installation, scene } = staged;
  const completedAt = completionOf(staged);
  const gone = evictedPods(installation, scene).filter(({ gone: at = NaN }) => at <= completedAt);
  return {
    what: 'every pod that was to leave had gone before the hook was completed',
    holds: gone.length === scene.leaving.length && gone.length > 0,
    found: `${gone.length} of ${scene.leaving.length}`,
  };
}
