/** Starts of retirements that wait while Lambda throttles them: it starts some hundred durable executions a second. */
import type { Retirements } from '../../workflow/ports/lambda.ts';
import { patiently, type Patience } from '../aws/patience.ts';

/** Within the router's time limit. */
const STARTS: Patience = { firstMs: 500, longestMs: 3_000, forMs: 45_000 };

export function startingPatiently(retirements: Retirements): Retirements {
  return { start: (name, notice) => patiently(STARTS, () => retirements.start(name, notice)) };
}
