/**
 * Notices: parsed outside events that say that an instance is to leave. A notice is a hint until AWS confirms it
 * (contract 1.3), so it has only the fields of the event.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { bearerOf, machineInName, type Home } from '../aws/installation.ts';
import { KINDS, rowOf, type KindName } from './kinds.ts';
import { retirementTermsSchema } from './retirement-terms.ts';

/** Auto Scaling's token of one lifecycle action. */
export const actionTokenSchema = z.string().check(z.minLength(1), z.maxLength(64));

/** Fields of every notice. */
const noticeOfAny = {
  account: z.string().check(z.regex(/^\d{12}$/)),
  // The name of an execution has no place for more characters (contract 1.6).
  region: z.string().check(z.regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/), z.maxLength(22)),
  instance: z.string().check(z.regex(/^i-[0-9a-f]{8,17}$/)),
  group: z.string().check(z.minLength(1), z.maxLength(255)),
  /** Time of the event, or when the sweep found the instance, epoch milliseconds. */
  at: z.int().check(z.positive()),
};

/** Fields of a lifecycle action that waits in a hook. */
const actionOfAny = {
  ...noticeOfAny,
  hook: z.string().check(z.minLength(1), z.maxLength(255)),
  /** Token of the action; absent without an event, because AWS returns it nowhere else. */
  token: z.optional(actionTokenSchema),
  /** Where the instance comes from. An instance of a warm pool runs no pods. */
  origin: z._default(z.enum(['AutoScalingGroup', 'WarmPool', 'EC2']), 'AutoScalingGroup'),
};

/** An Auto Scaling terminate action that waits in a lifecycle hook. */
export const lifecycleNoticeSchema = z.strictObject({ kind: z.literal('asg-terminate'), ...actionOfAny });

/** An instance whose root volume an instance refresh replaces: it waits in the hook for terminations, and stays. */
export const rootVolumeNoticeSchema = z.strictObject({ kind: z.literal('root-volume'), ...actionOfAny });

/** An instance that is launched and waits in Ebb's launch hook. */
export const launchNoticeSchema = z.strictObject({ kind: z.literal('asg-launch'), ...actionOfAny });

/** A warning of AWS about an instance: no hook holds it. AWS does not say in which group it is. */
export const warningNoticeSchema = z.strictObject({
  kind: z.enum(['spot', 'capacity-reservation', 'scheduled-change', 'state-change', 'rebalance']),
  ...noticeOfAny,
  /** When AWS does it at the earliest, epoch milliseconds; absent for a recommendation. */
  until: z.optional(z.int().check(z.positive())),
  /** What AWS does with the instance. */
  action: z._default(z.enum(['terminate', 'stop', 'hibernate', 'reboot']), 'terminate'),
});

/** A node with a drain taint, which the queue lets go now (contract 9.5). */
export const taintedNoticeSchema = z.strictObject({
  kind: z.literal('tainted'),
  ...noticeOfAny,
  /** The key of the taint. */
  taint: z.string().check(z.minLength(1), z.maxLength(317)),
  /** Cluster in which the sweep found the node: without an enrolled group, nothing else may say it. */
  cluster: z.optional(z.string().check(z.minLength(1), z.maxLength(100))),
});

/** A node whose retirement a person or a rotation asks for (contract 10.4). */
export const requestedNoticeSchema = z.strictObject({
  kind: z.literal('request'),
  ...noticeOfAny,
  /** An EC2 instance; or the machine of a node that has none, `node:` and its name (contract 2.1). */
  instance: z.string().check(z.regex(/^(i-[0-9a-f]{8,17}|node:[a-z0-9][-a-z0-9.]{0,252})$/)),
  /** Cluster that the request names. AWS must not name another. */
  cluster: z.string().check(z.minLength(1), z.maxLength(100)),
  terms: retirementTermsSchema,
});

/** The payload of a retirement. */
export const noticeSchema = z.discriminatedUnion('kind', [
  lifecycleNoticeSchema,
  rootVolumeNoticeSchema,
  launchNoticeSchema,
  warningNoticeSchema,
  taintedNoticeSchema,
  requestedNoticeSchema,
]);

export type LifecycleNotice = Readonly<z.output<typeof lifecycleNoticeSchema>>;
export type RootVolumeNotice = Readonly<z.output<typeof rootVolumeNoticeSchema>>;
export type LaunchNotice = Readonly<z.output<typeof launchNoticeSchema>>;
export type WarningNotice = Readonly<z.output<typeof warningNoticeSchema>>;
/** A notice of an instance that one of Ebb's hooks holds. */
export type HookNotice = LifecycleNotice | RootVolumeNotice | LaunchNotice;
/** A notice that an event makes. */
export type EventNotice = HookNotice | WarningNotice;
export type TaintedNotice = Readonly<z.output<typeof taintedNoticeSchema>>;
export type RequestedNotice = Readonly<z.output<typeof requestedNoticeSchema>>;
/** A notice of a retirement that somebody wants, for a node that is known. */
export type WantedNotice = TaintedNotice | RequestedNotice;
export type Notice = EventNotice | WantedNotice;

/**
 * Whether the retirement is voluntary: nothing but Ebb makes the instance go, so no pod is ever forced (contract 5.4).
 *
 * @param kind of a notice, or as read from a node
 */
export function isVoluntary(kind: string): boolean {
  return rowOf(kind)?.voluntary === true;
}

/** Whether one of Ebb's hooks holds the instance that the notice is about. */
export function isOfHook(notice: Notice): notice is HookNotice {
  return KINDS[notice.kind satisfies KindName].hook;
}

/** Whether a person, a taint or a rotation wants the node to go. */
export function isWanted(notice: Notice): notice is WantedNotice {
  return notice.kind === 'tainted' || notice.kind === 'request';
}

/** Whether AWS warns of what it does with the instance, without a hook. */
export function isWarning(notice: Notice): notice is WarningNotice {
  return 'action' in notice;
}

/** Digits of the hash, which separates actions of one instance. Lambda takes 1–64 of `A-Za-z0-9-_` (contract 1.6). */
const HASH_DIGITS = 8;

/**
 * The execution name of the notice's retirement. One event always has the same name, so a second delivery starts
 * nothing (contract 1.6).
 */
export function executionName(notice: Notice, { installation }: Pick<Home, 'installation'> = {}): string {
  const token = isOfHook(notice) ? notice.token : undefined;
  const told = `${notice.kind},${token ?? notice.at}`;
  return (
    executionsOf({ ...notice, ...(installation && { installation }) }) +
    createHash('sha256').update(told).digest('hex').slice(0, HASH_DIGITS)
  );
}

/** The part of an execution's name that all retirements of the instance share: `executionsOf`. */
export function instancePartOf(name: string): string {
  return name.slice(0, -HASH_DIGITS);
}

export type { Home } from '../aws/installation.ts';

/** The prefix of the execution names of all retirements of the instance. */
export function executionsOf({ instance, ...home }: Home & Pick<Notice, 'instance'>): string {
  return `${bearerOf(home)}-${home.region}-${machineInName(instance)}-`;
}
