/**
 * Zonal shifts of Amazon Application Recovery Controller, by ListManagedResources: one call for each hundred resources
 * tells which are shifted, by whom, and whether that is in effect. ListZonalShifts has no autoshifts, ListAutoshifts no
 * resources, and GetManagedResource needs a call for each. Shapes: API reference of ARC zonal shift, version 2022-10-30.
 */
import * as z from 'zod/mini';
import type { ManagedResource, TrafficShift } from '../../core/aws/zonal-shift.ts';
import type { ShiftReading, ZonalShifts } from '../../workflow/ports/arc.ts';
import { keptFor } from '../aws/kept-answers.ts';
import { partitionOf } from '../aws/partition.ts';
import { isRefusal, isUnknownHost, signedGet, type Caller } from './signed-get.ts';

/** IAM actions of the calls below. They cannot be limited to a resource. */
export const ZONAL_SHIFT_ACTIONS = ['arc-zonal-shift:ListManagedResources'] as const;

const SERVICE = 'arc-zonal-shift';

/** The most that a page has. */
const RESOURCES_PER_PAGE = '100';

/** How long an answer is kept, milliseconds: clusters of one run share it. */
const KEPT_MS = 30_000;

/** Shifts in JSON. Times are seconds since the epoch. */
const shiftSchema = z.object({
  appliedStatus: z.optional(z.string()),
  awayFrom: z.string(),
  expiryTime: z.optional(z.number()),
  comment: z.optional(z.string()),
});

const pageSchema = z.object({
  items: z.array(
    z.object({
      arn: z.optional(z.string()),
      appliedWeights: z.optional(z.record(z.string(), z.number())),
      zonalShifts: z.optional(z.array(shiftSchema)),
      autoshifts: z.optional(z.array(shiftSchema)),
    }),
  ),
  nextToken: z.optional(z.nullable(z.string())),
});

type Page = z.infer<typeof pageSchema>;

/**
 * Creates the port.
 *
 * @param caller a client of AWS whose region, credentials and limits are used
 * @param endpoint where ARC is @default `AWS_ENDPOINT_URL_ARC_ZONAL_SHIFT` or `AWS_ENDPOINT_URL` of the environment, as
 * clients of the SDK have it, else ARC's in the client's region
 */
export function zonalShifts(caller: Caller, endpoint?: string): ZonalShifts {
  const kept = keptFor(KEPT_MS, () => readAll(caller, endpoint));
  return { read: () => kept('') };
}

async function readAll(caller: Caller, given: string | undefined): Promise<ShiftReading> {
  const endpoint = given ?? endpointOf(await caller.config.region());
  try {
    const resources: ManagedResource[] = [];
    let token: string | undefined;
    do {
      const page = await readPage(caller, endpoint, token);
      resources.push(...page.items.map(resourceOf));
      token = page.nextToken ?? undefined;
    } while (token !== undefined);
    return { kind: 'read', resources };
  } catch (error) {
    const reason = whyRefused(error, endpoint);
    if (reason === undefined) throw error;
    return { kind: 'refused', reason };
  }
}

async function readPage(caller: Caller, endpoint: string, token: string | undefined): Promise<Page> {
  const query = { maxResults: RESOURCES_PER_PAGE, ...(token !== undefined && { nextToken: token }) };
  const answer = await signedGet(caller, { service: SERVICE, endpoint, path: '/managedresources', query });
  return pageSchema.parse(answer);
}

function endpointOf(region: string): string {
  const { AWS_ENDPOINT_URL_ARC_ZONAL_SHIFT: own, AWS_ENDPOINT_URL: all } = process.env;
  return own ?? all ?? `https://${SERVICE}.${region}.${partitionOf(region).dnsSuffix}`;
}

/** Says why AWS refuses; undefined when it does not: it fails, throttles, or the connection does. */
function whyRefused(error: unknown, endpoint: string): string | undefined {
  if (isUnknownHost(error)) return `there is no ${new URL(endpoint).host}: ARC may not be in this region`;
  return isRefusal(error) ? `${error.name}: ${error.message}` : undefined;
}

function resourceOf({ arn = '', appliedWeights = {}, zonalShifts: own = [], autoshifts = [] }: Page['items'][number]) {
  const read = (kind: TrafficShift['kind'], found: typeof own): TrafficShift[] =>
    found.map(({ appliedStatus, awayFrom, expiryTime, comment }) => ({
      kind,
      awayFrom,
      // A zone of full weight has its traffic: ARC's reference says that completed autoshifts are listed too.
      isApplied: appliedStatus === 'APPLIED' && appliedWeights[awayFrom] !== 1,
      ...(expiryTime !== undefined && { expiresAt: expiryTime * 1_000 }),
      ...(comment !== undefined && { comment }),
    }));
  return { arn, shifts: [...read('zonal shift', own), ...read('autoshift', autoshifts)] };
}
