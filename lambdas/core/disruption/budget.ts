/**
 * Budgets as people write them (contract 9.3): how many nodes may be unavailable at once, and when. A budget that
 * cannot be read is a fault that names its field, so that the caller can allow nothing. Pure.
 */
import * as z from 'zod/mini';
import type { ClusterSettings, GroupSettings } from '../settings/cluster-settings.ts';
import { cronFault, isTimeZone, type Freeze, type Schedule, type Window } from './window.ts';

/** A number of nodes, or a percentage. */
export type Limit = { readonly nodes: number } | { readonly percent: number };

/** The budget of a group and of its cluster together: the windows and freezes of both hold. */
export interface Budget extends Schedule {
  /** Limit of the group. @default `UNWRITTEN_NODES` */
  readonly nodes?: Limit;
  /** Limit of the whole cluster. @default `UNWRITTEN_CLUSTER` */
  readonly cluster?: Limit;
}

/** Why nodes are to go: they have drifted, a taint or a recommendation of EC2 asks for it, or a rotation replaces them. */
export type Cause = 'drift' | 'taint' | 'rotation';

/**
 * Limits of a group whose budget does not say how many nodes. For drift it is 0, so that a person sees what would be
 * replaced before anything is. For taints it is 1: somebody asked for the drain, and nodes go one after the other. A
 * rotation says itself how many go at once.
 */
export const UNWRITTEN_NODES: Readonly<Record<Cause, Limit>> = {
  drift: { nodes: 0 },
  taint: { nodes: 1 },
  rotation: { percent: 100 },
};

/** The reason for a group with a limit of 0. */
export const LOOKS_ONLY = 'Ebb looks only: budget.nodes is 0, set it to 1 to begin';

/** Limits of a cluster whose budget has none. */
export const UNWRITTEN_CLUSTER: Readonly<Record<Cause, Limit>> = {
  drift: { percent: 10 },
  taint: { percent: 10 },
  rotation: { percent: 100 },
};

/** A budget as written, with defaults except for the limits, which a group's budget may override. */
interface Written {
  readonly nodes?: Limit | undefined;
  readonly cluster?: Limit | undefined;
  readonly windows?: readonly Window[] | undefined;
  readonly freezes?: readonly Freeze[] | undefined;
}

/** Reads both budgets as written; the group's `nodes` overrides the cluster's. Absent budgets have all defaults. */
export function readBudget(cluster: unknown, group?: unknown): Budget | { readonly fault: string } {
  const [ofCluster, ofGroup] = [parse(cluster, 'cluster'), parse(group, 'group')];
  const faults = [ofCluster, ofGroup].flatMap((parsed) => ('faults' in parsed ? parsed.faults : []));
  if ('faults' in ofCluster || 'faults' in ofGroup) return { fault: faults.join('; ') };
  const nodes = ofGroup.nodes ?? ofCluster.nodes;
  return {
    ...(nodes && { nodes }),
    ...(ofCluster.cluster && { cluster: ofCluster.cluster }),
    windows: [ofCluster.windows, ofGroup.windows].flatMap((list) => (list === undefined ? [] : [list])),
    freezes: [...(ofCluster.freezes ?? []), ...(ofGroup.freezes ?? [])],
  };
}

/** Whether the group's limit for drift is 0; false for a budget that cannot be read. */
export function looksOnly({ budget, groups }: Pick<ClusterSettings, 'budget' | 'groups'>, group: string): boolean {
  const own = readBudget(budget, groups.find(({ name }) => name === group)?.budget);
  return !('fault' in own) && isNothing(own.nodes ?? UNWRITTEN_NODES.drift);
}

export function isNothing(limit: Limit): boolean {
  return ('nodes' in limit ? limit.nodes : limit.percent) === 0;
}

/** Returns the limit in nodes; a percentage is rounded up, and 1 at least. @param of the number of all nodes */
export function limitOf(limit: Limit, of: number): number {
  if ('nodes' in limit) return limit.nodes;
  return limit.percent === 0 ? 0 : Math.max(1, Math.ceil((of * limit.percent) / 100));
}

/** Every fault of a budget, each with its field: `budget.windows[0].cron: must be …`. */
export function budgetFaults(written: unknown, whose: 'cluster' | 'group'): readonly string[] {
  const parsed = parse(written, whose);
  return 'faults' in parsed ? parsed.faults : [];
}

/** The budgets of a cluster and its groups that cannot be read, and why. Without `group`: the cluster's own. */
export function unreadableBudgets({
  budget,
  groups,
}: {
  readonly budget: unknown;
  readonly groups: readonly Pick<GroupSettings, 'name' | 'budget'>[];
}): readonly {
  readonly group?: string;
  readonly reason: string;
}[] {
  const budgets = [
    { faults: budgetFaults(budget, 'cluster') },
    ...groups.map(({ name, budget: own }) => ({ group: name, faults: budgetFaults(own, 'group') })),
  ];
  return budgets.flatMap(({ faults, ...whose }) =>
    faults.length === 0 ? [] : [{ ...whose, reason: faults.join('; ') }],
  );
}

function parse(written: unknown, whose: 'cluster' | 'group'): Written | { readonly faults: readonly string[] } {
  const parsed = budgetSchema(whose).safeParse(written === undefined ? {} : written);
  return parsed.success ? parsed.data : { faults: parsed.error.issues.map(faultOf) };
}

function faultOf({ path, message }: { path: readonly PropertyKey[]; message: string }): string {
  const field = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return `budget${field}: ${message}`;
}

const WINDOW = '{ "cron": "0 22 * * 1-4", "durationSeconds": 21600 }';
const FREEZE = '{ "from": "2026-12-18", "to": "2027-01-03" }';

const LEAST_WINDOW_SECONDS = 60;
const MOST_WINDOW_SECONDS = 2_678_400;
const WINDOW_WORDS = `must be whole seconds from ${LEAST_WINDOW_SECONDS} to ${MOST_WINDOW_SECONDS}, such as 21600`;

/** Creates the schema on demand: a function that reads no budget need not carry the parser of cron expressions. */
export function budgetSchema(whose: 'cluster' | 'group') {
  const limit = z.pipe(
    z.custom<number | string>(isLimit, 'must be a number of nodes, or a percentage such as "10%"'),
    z.transform(toLimit),
  );
  const timeZone = z._default(
    z.string('must be text').check(z.refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin')),
    'UTC',
  );
  const day = z.iso.date('must be a date such as 2026-12-24');
  const cron = z.string('must be a cron expression such as "0 2 * * MON-FRI"').check(
    z.superRefine((value, context) => {
      const fault = cronFault(value);
      if (fault !== undefined) context.addIssue(fault);
    }),
  );
  const window = z.strictObject(
    {
      cron,
      durationSeconds: z
        .int(WINDOW_WORDS)
        .check(z.gte(LEAST_WINDOW_SECONDS, WINDOW_WORDS), z.lte(MOST_WINDOW_SECONDS, WINDOW_WORDS)),
      timeZone,
    },
    { error: objectFault(WINDOW) },
  );
  const freeze = z
    .strictObject({ from: day, to: day, timeZone }, { error: objectFault(FREEZE) })
    .check(z.refine(({ from, to }) => from <= to, { path: ['to'], error: 'must not be before from', when: hasDays }));
  return z.strictObject(
    {
      nodes: z.optional(limit),
      cluster: whose === 'cluster' ? z.optional(limit) : z.optional(z.never('is the cluster’s to say, not a group’s')),
      windows: z.optional(
        z
          .array(window, `must be a list such as [${WINDOW}]`)
          .check(z.minLength(1, `must have a window such as ${WINDOW}; without the field it is always open`)),
      ),
      freezes: z.optional(z.array(freeze, `must be a list such as [${FREEZE}]`)),
    },
    { error: objectFault('{ "nodes": 1 }') },
  );
}

/** Whether both days are text, so that they can be compared in spite of other faults. */
function hasDays({ value }: { readonly value: unknown }): boolean {
  const { from, to } = Object(value) as { from?: unknown; to?: unknown };
  return typeof from === 'string' && typeof to === 'string';
}

/** @param like an example, as JSON */
function objectFault(like: string) {
  return ({ code, keys = [] }: { readonly code: string; readonly keys?: readonly string[] }): string =>
    code === 'unrecognized_keys' ? `must not have ${keys.join(', ')}` : `must be an object such as ${like}`;
}

function isLimit(value: unknown): boolean {
  if (typeof value === 'string') return /^(100|[1-9]?\d)%$/.test(value);
  return Number.isInteger(value) && Number(value) >= 0;
}

function toLimit(value: number | string): Limit {
  return typeof value === 'number' ? { nodes: value } : { percent: Number(value.slice(0, -1)) };
}
