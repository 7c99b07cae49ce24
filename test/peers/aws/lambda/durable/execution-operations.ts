/** The wire calls that look at durable executions from outside, and stop them. */
import { z } from 'zod';
import type { Account } from '../../account.ts';
import type { Resource } from '../../iam/authorization.ts';
import type { Answer } from '../../wire/answer.ts';
import { AwsError } from '../../wire/aws-error.ts';
import { bool } from '../../wire/fields.ts';
import { pageOf } from '../../wire/paging.ts';
import { operation, type Operation } from '../../wire/service.ts';
import { withoutData } from './execution-history.ts';
import type { Execution } from './execution.ts';
import { functionArn, parseFunctionReference, versionOf } from '../function.ts';
import type { Lambda } from '../lambda.ts';
import { errorSchema } from './operations-state.ts';

/** 100 unless told; 0 tells nothing. */
const maxItems = z.coerce.number().int().min(0).max(1000).default(0);
const paging = {
  MaxItems: maxItems.transform((count) => count || 100),
  Marker: z.string().optional(),
  ReverseOrder: bool.default(false),
};
const execution = { arn: z.string() };

const listInput = z.object({
  FunctionName: z.string(),
  Qualifier: z.string().optional(),
  DurableExecutionName: z.string().optional(),
  Statuses: z.array(z.enum(['RUNNING', 'PAUSING', 'PAUSED', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'STOPPED'])),
  StartedAfter: z.coerce.date().optional(),
  StartedBefore: z.coerce.date().optional(),
  ...paging,
});
type ListInput = z.infer<typeof listInput>;

/**
 * IAM sees the durable execution in every call that names one, and in a list the function as the request names it
 * («Security and permissions for Lambda durable functions» in the Lambda developer guide).
 */
export function executionOperations(lambda: Lambda, account: Account): Record<string, Operation> {
  const resources = (input: { arn: string }): Resource[] => [{ arn: input.arn }];
  return {
    ListDurableExecutionsByFunction: operation({
      input: listInput,
      resources: ({ FunctionName, Qualifier }) => [
        { arn: functionArn(account, parseFunctionReference(FunctionName, Qualifier)) },
      ],
      answer: (input) => {
        const found = list(lambda, account, input);
        const { page, nextToken } = pageOf(found, input.MaxItems, input.Marker);
        return { DurableExecutions: page.map(summaryShape), NextMarker: nextToken };
      },
    }),
    GetDurableExecution: operation({
      input: z.object({ ...execution, IncludeExecutionData: bool.default(true) }),
      resources,
      answer: (input) => executionShape(lambda, lambda.durable.get(input.arn), input.IncludeExecutionData),
    }),
    GetDurableExecutionHistory: operation({
      input: z.object({ ...execution, ...paging, IncludeExecutionData: bool.default(true) }),
      resources,
      answer: (input) => {
        const { events } = lambda.durable.get(input.arn).history;
        const ordered = input.ReverseOrder ? events.toReversed() : events;
        const { page, nextToken } = pageOf(ordered, input.MaxItems, input.Marker);
        return { Events: input.IncludeExecutionData ? page : page.map(withoutData), NextMarker: nextToken };
      },
    }),
    StopDurableExecution: operation({
      input: z.object({ ...execution, ...errorSchema.shape }),
      resources,
      answer: ({ arn: executionArn, ...error }) => ({ StopTimestamp: lambda.durable.stop(executionArn, error) }),
    }),
  };
}

/** Newest first; `ReverseOrder` turns that round. */
function list(lambda: Lambda, account: Account, input: ListInput): Execution[] {
  const { name, qualifier } = parseFunctionReference(input.FunctionName, input.Qualifier);
  const fn = lambda.functions.get(name);
  if (fn === undefined) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Function not found: ${functionArn(account, { name, qualifier })}`,
      404,
    );
  }
  const version = qualifier === undefined ? undefined : versionOf(fn, qualifier);
  const found = lambda.durable
    .of(fn)
    .filter((each) => (qualifier === undefined || each.start.version === version) && passes(each, input));
  return input.ReverseOrder ? found : found.toReversed();
}

function passes({ name, status, start }: Execution, input: ListInput): boolean {
  return (
    (input.DurableExecutionName ?? name) === name &&
    (input.Statuses.length === 0 || input.Statuses.includes(status)) &&
    (input.StartedAfter === undefined || start.startedAt > input.StartedAfter) &&
    (input.StartedBefore === undefined || start.startedAt < input.StartedBefore)
  );
}

function summaryShape(found: Execution): Record<string, unknown> {
  return {
    DurableExecutionArn: found.arn,
    DurableExecutionName: found.name,
    FunctionArn: found.functionArn,
    Status: found.status,
    StartTimestamp: found.start.startedAt,
    EndTimestamp: found.stoppedAt,
  };
}

function executionShape(lambda: Lambda, found: Execution, withData: boolean): Answer {
  const { executionTimeout: ExecutionTimeout, retentionPeriodInDays: RetentionPeriodInDays = 14 } =
    lambda.functions.get(found.functionName)?.durable ?? {};
  const data = { InputPayload: found.start.payload, Result: found.result, Error: found.error };
  return {
    ...summaryShape(found),
    ...(withData ? data : {}),
    Version: found.start.version,
    ExecutionDataIncluded: withData,
    DurableConfig: { ExecutionTimeout, RetentionPeriodInDays },
  };
}
