/** How a node is retired that a person or a rotation asks for (contract 10.1, 10.4): what the request leaves to choose. */
import * as z from 'zod/mini';

/** The longest that a drain may take, seconds (contract 5). */
const LONGEST_DRAIN = 172_800;

/** The place of a node in a batch of a rotation. */
const batchPlaceSchema = z.strictObject({
  /** The rotation, which the instance bears as a tag once it is detached. */
  rotation: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  /** The instances of the batch, its own among them, in the order in which they are drained. */
  order: z.array(z.string().check(z.regex(/^i-[0-9a-f]{8,17}$/))).check(z.maxLength(100)),
  /** How long it waits after the one before it has been drained, seconds. */
  pauseSeconds: z.int().check(z.gte(0), z.lte(86_400)),
});

export const retirementTermsSchema = z.strictObject({
  /** Whether its group lets it go first, so that a replacement is Ready before the node is drained. */
  detach: z.boolean(),
  /**
   * What becomes of the drained instance. `terminate`: it is terminated, and its group keeps its desired capacity.
   * `shrink`: it is terminated, and the desired capacity falls by one. `leave`: nothing.
   */
  release: z.enum(['terminate', 'shrink', 'leave']),
  /** Whether pods are deleted past their budgets at the deadline (contract 5.3). A request alone does not. */
  force: z.boolean(),
  /** From the notice to the deadline, seconds. */
  timeoutSeconds: z.int().check(z.gte(60), z.lte(LONGEST_DRAIN)),
  /** These two override the cluster's settings. */
  gracePeriodSeconds: z.optional(z.int().check(z.gte(1), z.lte(LONGEST_DRAIN))),
  pauseBetweenEvictionsSeconds: z.optional(z.int().check(z.gte(0), z.lte(3_600))),
  batch: z.optional(batchPlaceSchema),
});

export type RetirementTerms = Readonly<z.output<typeof retirementTermsSchema>>;
/** What becomes of an instance whose retirement nothing but Ebb or its users want, once its node is drained. */
export type Release = RetirementTerms['release'];
export type BatchPlace = Readonly<z.output<typeof batchPlaceSchema>>;

/** The instances of a batch that are drained before this one, and those after it. */
export function neighboursIn(
  { order }: Pick<BatchPlace, 'order'>,
  instance: string,
): { readonly before: readonly string[]; readonly after: readonly string[] } {
  const place = order.indexOf(instance);
  return place === -1 ? { before: [], after: [] } : { before: order.slice(0, place), after: order.slice(place + 1) };
}
