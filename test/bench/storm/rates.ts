/**
 * What AWS allows an account: token buckets, each with the calls that were made, and throttled ones tried again as the SDK
 * does. Limits are published ones, unless `assumed`.
 */
import { CALL_LIMITS } from '../../../lambdas/adapters/aws/call-limits.ts';

export interface Limit {
  readonly burst: number;
  readonly perSecond: number;
  /** AWS publishes none. */
  readonly assumed?: true;
}

export const LIMITS = {
  'Auto Scaling': { burst: 500, perSecond: 100, assumed: true },
  'EC2 Describe*': { burst: 100, perSecond: 20 },
  // Standard throughput.
  'SSM GetParameter(s)': { burst: 40, perSecond: 40 },
  'Lambda durable starts': { burst: 300, perSecond: 300 },
  'Lambda checkpoints': { burst: 10_000, perSecond: 10_000 },
} as const satisfies Readonly<Record<string, Limit>>;

export type Limited = keyof typeof LIMITS;

/** How long AWS takes for an answer, milliseconds. */
const LATENCY_MS = 30;

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 20_000;

export class Rates {
  readonly #tokens = new Map<Limited, { left: number; at: number }>();
  /** Calls by second, throttled ones too. */
  readonly #made = new Map<Limited, Map<number, number>>();
  readonly throttled = new Map<Limited, number>();
  readonly #limits: Readonly<Record<Limited, Limit>>;

  /** @param autoScaling calls a second that Auto Scaling allows @default what is assumed */
  constructor(autoScaling: number = LIMITS['Auto Scaling'].perSecond) {
    const burst = 5 * autoScaling;
    this.#limits = { ...LIMITS, 'Auto Scaling': { burst, perSecond: autoScaling, assumed: true } };
  }

  limit(limited: Limited): Limit {
    return this.#limits[limited];
  }

  /** Makes a call, up to four times. @throws Error ThrottlingException, as the SDK does in the end */
  async call<Answer>(limited: Limited, answer: () => Answer): Promise<Answer> {
    for (let attempt = 1; ; attempt += 1) {
      await passing(LATENCY_MS);
      if (this.#take(limited)) return answer();
      this.throttled.set(limited, (this.throttled.get(limited) ?? 0) + 1);
      if (attempt === CALL_LIMITS.maxAttempts)
        throw Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
      await passing(Math.random() * Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt));
    }
  }

  /** The most calls of a second, and all. */
  use(limited: Limited): { readonly peak: number; readonly calls: number } {
    const counts = [...(this.#made.get(limited) ?? new Map<number, number>()).values()];
    return { peak: Math.max(0, ...counts), calls: counts.reduce((sum, count) => sum + count, 0) };
  }

  #take(limited: Limited): boolean {
    const { burst, perSecond } = this.limit(limited);
    const now = Date.now();
    const made = this.#made.get(limited) ?? new Map<number, number>();
    const second = Math.floor(now / 1000);
    this.#made.set(limited, made.set(second, (made.get(second) ?? 0) + 1));
    const { left, at } = this.#tokens.get(limited) ?? { left: burst, at: now };
    const filled = Math.min(burst, left + ((now - at) / 1000) * perSecond);
    const isFree = filled >= 1;
    this.#tokens.set(limited, { left: isFree ? filled - 1 : filled, at: now });
    return isFree;
  }
}

/** Lets so many driven milliseconds pass. */
export function passing(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
