/** The request of one host's evacuation (contract 11.4), and the name of its run. An unknown field is a fault. */
import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { bearerOf, type Home } from '../aws/installation.ts';
import { flag, seconds, text } from '../settings/fields.ts';
import { EVACUATION_SECONDS } from '../settings/openstack-settings.ts';
import { parseRequest, type ParsedRequest } from '../settings/request-faults.ts';

export const evacuationRequestSchema = z.strictObject(
  {
    cluster: text(/^[0-9A-Za-z][A-Za-z0-9._-]{0,99}$/, 'the name of a configured cluster such as production'),
    /** One of the two says which host. */
    host: z.optional(text(/^[!-~]{1,255}$/, 'the name of a compute host, as Nova has it, such as hv-1')),
    node: z.optional(text(/^[a-z0-9][-a-z0-9.]{0,252}$/, 'the name of a node such as hv-1.example.com')),
    /** @default the cluster’s openstack.timeoutSeconds */
    timeoutSeconds: z.optional(seconds(EVACUATION_SECONDS.least, EVACUATION_SECONDS.most, 1_800)),
    /** Whether it ends as soon as the node is cordoned no more: so the sync asks. It needs a node. */
    whileCordoned: z._default(flag(), false),
  },
  'must be a JSON object such as {"cluster": "production", "host": "hv-1"}',
);

export type EvacuationRequest = Readonly<z.output<typeof evacuationRequestSchema>>;

/** @returns the request with its defaults, or every fault with its field */
export function parseEvacuationRequest(given: unknown): ParsedRequest<EvacuationRequest> {
  const parsed = parseRequest(evacuationRequestSchema, given);
  if ('faults' in parsed) return parsed;
  const { host, node, whileCordoned } = parsed.request;
  if (host !== undefined && node !== undefined) return { faults: ['host, node: both are there: send one of them'] };
  if (host === undefined && node === undefined)
    return { faults: ['host: missing: send the name of a compute host, or node'] };
  if (whileCordoned && node === undefined) return { faults: ['whileCordoned: a node must be named with it'] };
  return parsed;
}

/** Characters of each hash. Lambda takes names of 64 characters (contract 1.6). */
const HASH_DIGITS = 8;

/** The prefix of the execution names of all evacuations of that host or node. */
export function evacuationsOf(cluster: string, hostOrNode: string, home: Home): string {
  return `${bearerOf(home)}-${home.region}-evacuate-${hash(`${cluster},${hostOrNode}`)}-`;
}

/** @param at when it is asked for, epoch milliseconds */
export function evacuationName({ cluster, host, node }: EvacuationRequest, at: number, home: Home): string {
  return `${evacuationsOf(cluster, node ?? host ?? '', home)}${hash(String(at))}`;
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}
