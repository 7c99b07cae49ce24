/**
 * Calls that wait while AWS throttles them, beyond the SDK's own tries: when thousands of instances leave at once, giving up
 * would throw away what has got through already, and use the rate up for nothing (faults 15).
 */
import { isThrottling } from '../../core/aws/throttling.ts';

export interface Patience {
  /** Pauses between two tries, milliseconds: they double, and are spread over their whole length. */
  readonly firstMs: number;
  readonly longestMs: number;
  /** How long the call is tried, milliseconds. */
  readonly forMs: number;
}

/** @throws what the call throws: throttling only when it has been tried for long enough */
export async function patiently<Answer>(
  { firstMs, longestMs, forMs }: Patience,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const until = Date.now() + forMs;
  for (let pause = firstMs; ; pause = Math.min(longestMs, 2 * pause)) {
    try {
      return await call();
    } catch (error) {
      if (!isThrottling(error) || Date.now() >= until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, Math.random() * pause));
  }
}
