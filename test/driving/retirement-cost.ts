/** Cost of retirements: time, operations, and dollars by AWS's published prices for us-east-1, arm64 (platform 6). */
import type { AwsInstallation } from '../installation.ts';
import type { Usage } from '../peers/aws/lambda/durable/usage.ts';

/** Use of Lambda by all retirements of an installation. */
export interface Cost {
  readonly billedSeconds: number;
  readonly suspendedSeconds: number;
  /** Durable operations. */
  readonly operations: number;
  readonly invocations: number;
  readonly dollars: number;
}

const PER_GB_SECOND = 0.0000133334;
const PER_INVOCATION = 0.2 / 1e6;
const PER_OPERATION = 8 / 1e6;

/** The retirement function's memory, as the stack sets it. */
const MEMORY_GB = 0.5;

/** Returns the cost of all retirements together. */
export function costOf({ aws }: Pick<AwsInstallation, 'aws'>): Cost {
  const used = aws.lambda.executions.map(({ name }) => aws.lambda.durable.usage(name));
  const sum = (of: (each: Usage) => number): number => used.reduce((all, each) => all + of(each), 0);
  return {
    billedSeconds: Math.round(sum(({ billedMs }) => billedMs) / 100) / 10,
    suspendedSeconds: Math.round(sum(({ suspendedMs }) => suspendedMs) / 1000),
    operations: sum(({ operations }) => operations),
    invocations: sum(({ invocations }) => invocations),
    dollars: Number(sum(dollarsFor).toFixed(6)),
  };
}

/** Compute, requests and durable operations. What checkpoints write and keep costs less than a hundredth of it. */
export function dollarsFor({
  billedMs,
  invocations,
  operations,
}: Pick<Usage, 'billedMs' | 'invocations' | 'operations'>): number {
  return (billedMs / 1000) * MEMORY_GB * PER_GB_SECOND + invocations * PER_INVOCATION + operations * PER_OPERATION;
}
