/**
 * A notice: an outside event that says an instance is to leave, parsed. It is a hint until AWS agrees (contract 1.3), so
 * it carries only what the event said.
 */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { bearerOf, type Home } from '../aws/installation.ts';

/** What Auto Scaling calls one lifecycle action by. */
export const actionTokenSchema = z.string().check(z.minLength(1), z.maxLength(64));

/** What every notice says. */
const noticeOfAny = {
  account: z.string().check(z.regex(/^\d{12}$/)),
  // As long as the name of an execution has room for (contract 1.6).
  region: z.string().check(z.regex(/^[a-z]{2,4}(-[a-z]+)+-\d+$/), z.maxLength(22)),
  instance: z.string().check(z.regex(/^i-[0-9a-f]{8,17}$/)),
  group: z.string().check(z.minLength(1), z.maxLength(255)),
  /** When the event was made, or the sweep found the instance, epoch milliseconds. */
  at: z.int().check(z.positive()),
};

/** An Auto Scaling terminate action that waits in a lifecycle hook. */
export const lifecycleNoticeSchema = z.strictObject({
  kind: z.literal('asg-terminate'),
  ...noticeOfAny,
  hook: z.string().check(z.minLength(1), z.maxLength(255)),
  /** Absent when no event told it: AWS tells it nowhere else. */
  token: z.optional(actionTokenSchema),
  /** Where the instance comes from: a warm pool's instance runs nothing. */
  origin: z._default(z.enum(['AutoScalingGroup', 'WarmPool', 'EC2']), 'AutoScalingGroup'),
});

/** A node that bears a drain taint, and whose turn it is (contract 9.5). */
export const taintedNoticeSchema = z.strictObject({
  kind: z.literal('tainted'),
  ...noticeOfAny,
  /** The key of the taint. */
  taint: z.string().check(z.minLength(1), z.maxLength(317)),
  /** Where the sweep has found the node: nothing else need tell it of an instance without an enrolled group. */
  cluster: z.optional(z.string().check(z.minLength(1), z.maxLength(100))),
});

/** What the payload of a retirement may be. */
export const noticeSchema = z.discriminatedUnion('kind', [lifecycleNoticeSchema, taintedNoticeSchema]);

export type LifecycleNotice = Readonly<z.output<typeof lifecycleNoticeSchema>>;
export type TaintedNotice = Readonly<z.output<typeof taintedNoticeSchema>>;
export type Notice = LifecycleNotice | TaintedNotice;

/** Kinds that nothing but us wants to go. */
const VOLUNTARY: ReadonlySet<string> = new Set<Notice['kind']>(['tainted']);

/**
 * Whether nothing but us wants the instance to go: then no pod is ever forced (contract 5.4).
 *
 * @param kind of a notice, as it may stand on a node too
 */
export function isVoluntary(kind: string): boolean {
  return VOLUNTARY.has(kind);
}

/** Lambda takes 1–64 of `A-Za-z0-9-_`; the hash keeps two actions of one instance apart (contract 1.6). */
const HASH_DIGITS = 8;

/**
 * The name under which the notice's retirement runs: one event has one name, however often it is delivered, so a second
 * delivery starts nothing (contract 1.6).
 */
export function executionName(notice: Notice, { installation }: Pick<Home, 'installation'> = {}): string {
  const token = notice.kind === 'asg-terminate' ? notice.token : undefined;
  const told = `${notice.kind},${token ?? notice.at}`;
  return (
    executionsOf({ ...notice, ...(installation && { installation }) }) +
    createHash('sha256').update(told).digest('hex').slice(0, HASH_DIGITS)
  );
}

export type { Home } from '../aws/installation.ts';

/** What the name of every retirement of the instance begins with. */
export function executionsOf({ instance, ...home }: Home & Pick<Notice, 'instance'>): string {
  return `${bearerOf(home)}-${home.region}-${instance}-`;
}
