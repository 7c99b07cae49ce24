/**
 * The token buckets that Elastic Load Balancing meters its API with, per account and API version (user guide, «Request
 * throttling for the ELB API»). Calls that Auto Scaling makes for its groups have buckets of their own, so none here.
 */
import type { Timetable } from '../timetable.ts';
import { AwsError } from '../wire/aws-error.ts';

export type ApiVersion = '2012-06-01' | '2015-12-01';
export type BucketName = 'account' | 'non-mutating' | 'mutating' | 'registration';

/** How many tokens a bucket holds, and how many come back each second. */
export interface BucketSize {
  readonly burst: number;
  readonly perSecond: number;
}

/** What a bucket has been through. */
export interface BucketUse {
  readonly taken: number;
  readonly refused: number;
  /** The fewest tokens that it ever held, after a call. */
  readonly lowest: number;
}

const SIZES: Readonly<Record<BucketName, BucketSize>> = {
  account: { burst: 40, perSecond: 10 },
  'non-mutating': { burst: 40, perSecond: 10 },
  mutating: { burst: 20, perSecond: 3 },
  registration: { burst: 20, perSecond: 4 },
};

const REGISTRATIONS = new Set([
  'RegisterTargets',
  'DeregisterTargets',
  'RegisterInstancesWithLoadBalancer',
  'DeregisterInstancesFromLoadBalancer',
]);

export class RateLimits {
  /** Off: every call goes through. */
  enabled = true;
  /**
   * The code of the refusal. The user guide says ThrottlingException; what clients have seen from both API versions is
   * Throttling (GitHub ansible-collections/community.aws#444, spinnaker/spinnaker#3466, zalando-stups/senza#81).
   */
  code: 'Throttling' | 'ThrottlingException' = 'Throttling';
  readonly sizes: Record<BucketName, BucketSize> = { ...SIZES };
  /** Calls that were refused, of both API versions. */
  refused = 0;
  readonly #time: Timetable;
  readonly #buckets = new Map<string, Bucket>();

  constructor(time: Timetable) {
    this.#time = time;
  }

  /** Takes a call's tokens. @throws AwsError when one of its buckets is empty. */
  admit(version: ApiVersion, action: string): void {
    const buckets = ['account' as const, bucketOf(action)].map((name) => this.#bucket(version, name));
    const now = this.#time.now();
    const empty = buckets.filter((bucket) => !bucket.holdsOne(now));
    if (this.enabled && empty.length > 0) {
      for (const bucket of empty) bucket.refused += 1;
      this.refused += 1;
      throw new AwsError(this.code, 'Rate exceeded', 400);
    }
    for (const bucket of buckets) bucket.take();
  }

  use(version: ApiVersion, name: BucketName): BucketUse {
    const { taken, refused, lowest } = this.#bucket(version, name);
    return { taken, refused, lowest };
  }

  #bucket(version: ApiVersion, name: BucketName): Bucket {
    const key = `${version} ${name}`;
    const known = this.#buckets.get(key) ?? new Bucket(this.sizes[name], this.#time.now());
    this.#buckets.set(key, known);
    return known;
  }
}

function bucketOf(action: string): BucketName {
  if (action.startsWith('Describe') || action.startsWith('Get')) return 'non-mutating';
  return REGISTRATIONS.has(action) ? 'registration' : 'mutating';
}

class Bucket {
  taken = 0;
  refused = 0;
  lowest: number;
  readonly #size: BucketSize;
  #tokens: number;
  #at: number;

  constructor(size: BucketSize, now: number) {
    this.#size = size;
    this.#tokens = size.burst;
    this.lowest = size.burst;
    this.#at = now;
  }

  /** Tokens come back once a second, not in fractions. */
  holdsOne(now: number): boolean {
    const seconds = Math.floor((now - this.#at) / 1000);
    if (seconds > 0) {
      this.#tokens = Math.min(this.#size.burst, this.#tokens + seconds * this.#size.perSecond);
      this.#at += seconds * 1000;
    }
    return this.#tokens >= 1;
  }

  take(): void {
    this.taken += 1;
    this.#tokens -= 1;
    this.lowest = Math.min(this.lowest, this.#tokens);
  }
}
