/**
 * Turns an outside event into a retirement: parses, verifies with AWS, and starts it by name. No start depends on Kubernetes,
 * so an API server that is away cannot lose an event.
 */
import pMap from 'p-map';
import { isThrottling } from '../../core/aws/throttling.ts';
import {
  isolationLeft,
  noticeIgnored,
  noticeUnverified,
  retirementRequested,
} from '../../core/events/notice-events.ts';
import { executionName, type EventNotice, type WarningNotice } from '../../core/notice/notice.ts';
import type { Reservations } from '../ports/ec2.ts';
import type { Retirements } from '../ports/lambda.ts';
import type { Journal } from '../ports/journal.ts';
import { isolateAhead, type ListedNodes } from './isolate-ahead.ts';
import { releaseUndrained, reportTurnedAway } from './turn-away.ts';
import { verifyNotice, type Verification, type VerificationPorts } from './verify-notice.ts';

/** Result of parsing an event; a malformed one throws. */
export type Parsed =
  /** `hookMetadata`: what the event says of our hook's metadata, a hint. */
  | { readonly kind: 'notice'; readonly notice: EventNotice; readonly hookMetadata?: string }
  /** One event about several instances. */
  | { readonly kind: 'notices'; readonly notices: readonly EventNotice[] }
  /** One event about all instances in a capacity reservation: each gets the warning. */
  | {
      readonly kind: 'reservation';
      readonly reservation: string;
      readonly warning: Omit<WarningNotice, 'instance'>;
    }
  /** An event that we do not act on. */
  | { readonly kind: 'other'; readonly reason: string; readonly source: string; readonly detailType: string };

export interface RoutePorts extends VerificationPorts {
  readonly retirements: Retirements;
  readonly journal: Journal;
  /** How nodes are isolated before their retirement runs. @default they are not */
  readonly nodes?: ListedNodes;
}

/** What events need beside notices. */
export interface EventPorts extends RoutePorts {
  readonly reservations: Reservations;
}

export async function routeEvent(parsed: Parsed, ports: EventPorts): Promise<void> {
  if (parsed.kind === 'other') {
    const { reason, source, detailType } = parsed;
    ports.journal.report(noticeIgnored({ reason, source, detailType }));
    return;
  }
  if (parsed.kind === 'notice') {
    await Promise.all([routeNotice(parsed.notice, 'event', ports), isolateIfPossible(parsed, ports)]);
    return;
  }
  // All are tried, so that one which fails holds up no other; the event is then delivered again, which changes nothing.
  const routed = await settleEach(await noticesOf(parsed, ports), (notice) => routeNotice(notice, 'event', ports));
  const failed = routed.find((each) => each.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** The notices of an event about several instances. */
async function noticesOf(
  parsed: Extract<Parsed, { kind: 'notices' | 'reservation' }>,
  { reservations, journal }: EventPorts,
): Promise<readonly EventNotice[]> {
  if (parsed.kind === 'notices') return parsed.notices;
  const { reservation, warning } = parsed;
  const instances = await reservations.instancesIn(reservation);
  if (instances.length === 0)
    journal.report(noticeIgnored({ reason: `no instance runs in reservation ${reservation}` }));
  return instances.map((instance) => ({ ...warning, instance }));
}

/**
 * Verifies a notice and acts on it. While AWS throttles the verification, as when thousands of instances leave together, the
 * retirement is started all the same: it verifies before it touches anything, and asks for as long as it takes (faults 15).
 *
 * @returns the verification's kind; `retire`: a retirement has been started
 */
export async function routeNotice(
  notice: EventNotice,
  foundBy: 'event' | 'sweep',
  ports: RoutePorts,
): Promise<Verification['kind']> {
  let verified: Verification;
  try {
    verified = await verifyNotice(notice, ports);
  } catch (error) {
    if (foundBy === 'sweep' || !isThrottling(error)) throw error;
    const execution = executionName(notice, ports.home);
    await ports.retirements.start(execution, notice);
    ports.journal.report(noticeUnverified({ execution, instance: notice.instance, reason: String(error) }));
    return 'retire';
  }
  await actOnNotice(notice, { verified, foundBy }, ports);
  return verified.kind;
}

/** Acts on a notice as its verification says. */
export async function actOnNotice(
  notice: EventNotice,
  { verified, foundBy }: { verified: Verification; foundBy: 'event' | 'sweep' },
  ports: RoutePorts,
): Promise<void> {
  const { instance } = notice;
  switch (verified.kind) {
    case 'ignore':
    case 'refuse':
      reportTurnedAway(verified, instance, ports.journal);
      break;
    case 'release':
      await releaseUndrained(verified, ports);
      break;
    case 'retire': {
      const execution = executionName(notice, ports.home);
      const already = (await ports.retirements.start(execution, notice)) === 'already';
      const { group } = verified;
      ports.journal.report(
        retirementRequested({ execution, instance, cluster: verified.cluster.name, group, already, foundBy }),
      );
      break;
    }
  }
}

/** Between these a retirement starts whose node has been isolated in a storm, seconds from then. */
const SPREAD = { from: 10, to: 40 } as const;

/**
 * Routes an event in a storm. A node that can be isolated at once is, and its retirement is put off for a while, likewise
 * where isolating failed: what thousands of retirements ask at once AWS throttles, and with it the isolation of those that
 * come later (faults 15).
 *
 * @param putOff has the event come again, so many seconds from now
 */
export async function routeInStorm(
  parsed: Parsed,
  putOff: (seconds: number) => Promise<void>,
  ports: EventPorts,
): Promise<'done' | 'put off'> {
  const ahead = parsed.kind === 'notice' ? await isolateIfPossible(parsed, ports) : 'not asked';
  if (ahead !== 'not asked') {
    await putOff(SPREAD.from + Math.floor(Math.random() * (SPREAD.to - SPREAD.from)));
    return 'put off';
  }
  await routeEvent(parsed, ports);
  return 'done';
}

/** @returns `not asked`: it is for the retirement alone. That isolates what is left: no failure here may hold up its start. */
async function isolateIfPossible(
  { notice, hookMetadata }: Extract<Parsed, { kind: 'notice' }>,
  { nodes, ...ports }: RoutePorts,
): Promise<'isolated' | 'failed' | 'not asked'> {
  if (nodes === undefined) return 'not asked';
  try {
    const isolating = isolateAhead(notice, hookMetadata, { ...ports, nodes });
    return (await withinTime(isolating)) ? 'isolated' : 'not asked';
  } catch (error) {
    ports.journal.report(isolationLeft({ instance: notice.instance, reason: String(error) }));
    return 'failed';
  }
}

/** How long an isolation ahead may take: others of the batch wait for it. */
const AHEAD_MS = 20_000;

/** @throws Error when it takes longer */
async function withinTime<Outcome>(work: Promise<Outcome>): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`it takes longer than ${AHEAD_MS / 1000} s`));
    }, AHEAD_MS);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** How many notices of one event are routed at once. */
const AT_ONCE = 5;

async function settleEach<Item, Outcome>(
  items: readonly Item[],
  work: (item: Item) => Promise<Outcome>,
): Promise<readonly PromiseSettledResult<Outcome>[]> {
  const settled = (item: Item) =>
    work(item).then(
      (value): PromiseSettledResult<Outcome> => ({ status: 'fulfilled', value }),
      (reason: unknown): PromiseSettledResult<Outcome> => ({ status: 'rejected', reason }),
    );
  return await pMap(items, settled, { concurrency: AT_ONCE });
}
