/**
 * Begins the retirement of an instance of which AWS has warned (contract 1.2, 5.1): EC2 is asked whether the warning can be
 * true, and its deadline and its end follow from its kind.
 */
import type { WarningNotice } from '../../core/notice/notice.ts';
import { ignore, refuse, stale, type TurnedAway } from '../notice/verification.ts';
import type { Instances, Purchase } from '../ports/ec2.ts';

/** How a retirement ends that a warning has begun. */
export interface WarnedEnding {
  readonly kind: 'warned';
  /** What becomes of the instance once its node is empty. `nothing`: AWS takes it. */
  readonly release: 'nothing' | 'terminate';
  /** The instance comes back: the node is restored when it is Ready again. */
  readonly returns: boolean;
}

/** Time before the end of a warned instance in which nothing is left to do (contract 5.1). */
const MARGIN_MS: Readonly<Record<WarningNotice['kind'], number>> = {
  spot: 5_000,
  'capacity-reservation': 5_000,
  'scheduled-change': 0,
  'state-change': 0,
  rebalance: 0,
};

/**
 * When the node must be empty, epoch milliseconds; Infinity for a recommendation. No more time is left than the event gave,
 * whatever a clock says that is behind AWS's (faults 32).
 */
export function deadlineOfWarning({ kind, at, until = Infinity }: WarningNotice, now: number): number {
  return Math.min(until, now + (until - at)) - MARGIN_MS[kind];
}

/** Time of the only pass for an instance that outlives its warning, or of which a clock ahead of AWS's says so. */
const LATE_MS = 30_000;

/**
 * The deadline of a warning whose time is up: a short one while EC2 says that the instance still runs.
 *
 * @returns why nothing is done, if it does not
 */
export async function lateDeadline(
  { instance, until = Infinity }: WarningNotice,
  instances: Pick<Instances, 'machine'>,
  now: number,
): Promise<number | TurnedAway> {
  const machine = await instances.machine(instance);
  return machine === 'up' ? now + LATE_MS : stale(`its time was up at ${new Date(until).toISOString()}`);
}

export function warnedEnding({ kind, action }: WarningNotice): WarnedEnding {
  const isScheduled = kind === 'scheduled-change';
  const returns = isScheduled && action === 'reboot';
  return { kind: 'warned', release: isScheduled && !returns ? 'terminate' : 'nothing', returns };
}

/**
 * Why EC2 does not bear the warning out; undefined when it does, or does not answer. Whether a Spot request is marked for
 * its end is not asked: only AWS puts such events on the bus, and its rates are for many instances at once.
 */
export async function contradiction(
  { kind, instance }: WarningNotice,
  instances: Asked,
): Promise<TurnedAway | undefined> {
  return await CONTRADICTIONS[kind](instance, instances);
}

type Asked = Pick<Instances, 'purchase' | 'machine' | 'scheduled'>;
type Question = (instance: string, instances: Asked) => Promise<TurnedAway | undefined>;

const isSpot: Question = async (instance, instances) => {
  const bought = await instances.purchase(instance);
  return bought === undefined || bought.as === 'spot' ? undefined : refuse('EC2 says that it is no Spot instance');
};

/** Ways to buy an instance that is in a reservation, although EC2 names none. */
const RESERVED: ReadonlySet<string> = new Set<Purchase['as']>(['capacity-block', 'interruptible-capacity-reservation']);

const CONTRADICTIONS: Readonly<Record<WarningNotice['kind'], Question>> = {
  spot: isSpot,
  rebalance: isSpot,
  'capacity-reservation': async (instance, instances) => {
    const bought = await instances.purchase(instance);
    if (bought === undefined || bought.reservation !== undefined || RESERVED.has(bought.as)) return undefined;
    return refuse('EC2 says that it runs in no capacity reservation');
  },
  'scheduled-change': async (instance, instances) => {
    const changes = await instances.scheduled(instance);
    return changes === undefined || changes.length > 0 ? undefined : stale('EC2 has scheduled nothing for it');
  },
  'state-change': async (instance, instances) =>
    (await instances.machine(instance)) === 'up' ? ignore('EC2 says that it runs') : undefined,
};
