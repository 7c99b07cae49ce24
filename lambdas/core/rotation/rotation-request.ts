/**
 * The request of a rotation, as a person or a program writes it (contract 10.1). An unknown field is a fault: a misspelt
 * dryRun must not rotate. Times are seconds.
 */
import * as z from 'zod/mini';
import { flag, list, oneOf, seconds, text, wholeNumber } from '../settings/fields.ts';
import { parseRequest, type ParsedRequest } from '../settings/request-faults.ts';

/** The rule for names of Auto Scaling groups. */
const groupName = text(/^[!-9;-~]{1,255}$/, 'the name of an Auto Scaling group such as workers');

/** The most instances of a batch: what one call of Auto Scaling takes. */
const LARGEST_BATCH = 20;

/** The longest time that one drain may take, and how long one try of it lasts: rotator's (contract 10.1). */
const LONGEST_DRAIN = 172_800;
const TRY_SECONDS = 600;

/** The rule for names of CloudWatch alarms, and the most that one page of its answers has. */
const alarmName = text(/^[^\p{Cc}]{1,255}$/u, 'the name of a CloudWatch alarm such as shop-errors');
const MOST_ALARMS = 50;

const pause = seconds(0, 86_400, 60);

export const rotationRequestSchema = z.strictObject(
  {
    cluster: text(/^[0-9A-Za-z][A-Za-z0-9._-]{0,99}$/, 'the name of a configured cluster such as production'),
    /** @default every group of the cluster */
    groups: z.optional(list(groupName, '["workers"]')),
    /** `drifted`: only nodes that differ from what their group would launch today. */
    only: z._default(oneOf(['drifted', 'all']), 'all'),
    /** How many nodes of a group of workers are replaced at once. */
    maxSurge: z._default(
      wholeNumber(`a number of nodes from 1 to ${LARGEST_BATCH}, such as 2`, { least: 1, most: LARGEST_BATCH }),
      1,
    ),
    rotateControlPlane: z._default(flag(), false),
    rotateWorkers: z._default(flag(), true),
    /** How often a drain is tried again after its first ten minutes. */
    maxDrainRetries: z._default(wholeNumber('a number from 0 to 287, such as 10', { least: 0, most: 287 }), 10),
    /** Overrides every pod's own. @default the cluster's settings */
    gracePeriod: z.optional(seconds(1, LONGEST_DRAIN, 60)),
    /** From the end of a batch to the next. */
    pauseBetweenBatches: z._default(pause, 60),
    /** From the end of a drain to the next of the same batch. */
    pauseBetweenDrains: z._default(pause, 60),
    pauseBetweenEvictions: z._default(seconds(0, 3_600, 5), 0),
    /** From the end of a batch until its pods are Ready elsewhere; 0: they are not waited for. */
    podsReadyTimeout: z._default(seconds(0, 86_400, 900), 900),
    /** CloudWatch alarms that must not be in ALARM when a batch begins. @default none */
    alarmNames: z._default(
      list(alarmName, '["shop-errors"]').check(
        z.maxLength(MOST_ALARMS, `must be a list of at most ${MOST_ALARMS} alarms`),
      ),
      [],
    ),
    /** The number of nodes that cannot be drained or replaced that stops the rotation. */
    maxFailures: z._default(wholeNumber('a number of nodes from 1 on, such as 1', { least: 1 }), 1),
    /** Whether pods are deleted past their budgets when the time for a drain is up. */
    force: z._default(flag(), false),
    /** Whether only to tell what would be done. */
    dryRun: z._default(flag(), false),
  },
  'must be a JSON object such as {"cluster": "production"}',
);

export type RotationRequest = Readonly<z.output<typeof rotationRequestSchema>>;

/** @returns the request with its defaults, or every fault with its field */
export function parseRotationRequest(given: unknown): ParsedRequest<RotationRequest> {
  const parsed = parseRequest(rotationRequestSchema, given);
  if ('faults' in parsed || parsed.request.rotateControlPlane || parsed.request.rotateWorkers) return parsed;
  return { faults: ['rotateControlPlane, rotateWorkers: both are false, so there is nothing to rotate'] };
}

/** How long one node of the rotation may take from its start, seconds. */
export function drainSeconds({ maxDrainRetries }: Pick<RotationRequest, 'maxDrainRetries'>): number {
  return Math.min(LONGEST_DRAIN, TRY_SECONDS * (1 + maxDrainRetries));
}
