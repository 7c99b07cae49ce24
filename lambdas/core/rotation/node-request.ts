/** The request of one node's retirement (contract 10.4). An unknown field is a fault. Times are seconds. */
import * as z from 'zod/mini';
import type { RetirementTerms } from '../notice/retirement-terms.ts';
import { flag, seconds, text, wholeNumber } from '../settings/fields.ts';
import { parseRequest, type ParsedRequest } from '../settings/request-faults.ts';
import { drainSeconds } from './rotation-request.ts';

export const nodeRequestSchema = z.strictObject(
  {
    /** @default the only configured cluster that has the node */
    cluster: z.optional(
      text(/^[0-9A-Za-z][A-Za-z0-9._-]{0,99}$/, 'the name of a configured cluster such as production'),
    ),
    /** One of the two says which node. */
    node: z.optional(text(/^[a-z0-9][-a-z0-9.]{0,252}$/, 'the name of a node such as ip-10-0-1-23.ec2.internal')),
    instance: z.optional(text(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/, 'an instance id such as i-0123456789abcdef0')),
    /** Whether its group lets the instance go before the drain, so that a replacement is Ready first. */
    detach: z._default(flag(), false),
    /** Whether the instance is terminated after the drain. */
    terminate: z._default(flag(), false),
    maxDrainRetries: z._default(wholeNumber('a number from 0 to 287, such as 10', { least: 0, most: 287 }), 10),
    gracePeriod: z.optional(seconds(1, 172_800, 60)),
    pauseBetweenEvictions: z._default(seconds(0, 3_600, 2), 0),
    force: z._default(flag(), false),
  },
  'must be a JSON object such as {"cluster": "production", "node": "ip-10-0-1-23.ec2.internal"}',
);

/** The same where something else names the node. */
export const namedNodeRequestSchema = z.omit(nodeRequestSchema, { node: true, instance: true });

export type NodeRequest = Readonly<z.output<typeof nodeRequestSchema>>;

/** @returns the request with its defaults, or every fault with its field */
export function parseNodeRequest(given: unknown): ParsedRequest<NodeRequest> {
  const parsed = parseRequest(nodeRequestSchema, given);
  if ('faults' in parsed) return parsed;
  const { node, instance } = parsed.request;
  if (node !== undefined && instance !== undefined) {
    return { faults: ['node, instance: both are there: send one of them'] };
  }
  const isNone = node === undefined && instance === undefined;
  return isNone ? { faults: ['node: missing: send the name of a node, or instance'] } : parsed;
}

/** The terms of the retirement that is asked for. */
export function termsOf(request: NodeRequest): RetirementTerms {
  const { detach, terminate, force, gracePeriod, pauseBetweenEvictions } = request;
  return {
    detach,
    release: terminate ? 'terminate' : 'leave',
    force,
    timeoutSeconds: drainSeconds(request),
    pauseBetweenEvictionsSeconds: pauseBetweenEvictions,
    ...(gracePeriod !== undefined && { gracePeriodSeconds: gracePeriod }),
  };
}
