/** What a retirement costs in dollars, by AWS's published prices for us-east-1, arm64 (platform 6). */
import type { Usage } from '../peers/aws/lambda/usage.ts';

const PER_GB_SECOND = 0.0000133334;
const PER_INVOCATION = 0.2 / 1e6;
const PER_OPERATION = 8 / 1e6;

/** The retirement function's, as the stack makes it. */
const MEMORY_GB = 0.5;

/** Compute, requests and durable operations; the kilobytes that checkpoints write and keep are below a hundredth of it. */
export function dollarsOf({ billedMs, invocations, operations }: Usage): number {
  return (billedMs / 1000) * MEMORY_GB * PER_GB_SECOND + invocations * PER_INVOCATION + operations * PER_OPERATION;
}
