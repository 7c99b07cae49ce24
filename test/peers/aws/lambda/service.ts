/** Lambda on the wire: Invoke, and the calls by which durable functions run. */
import { z } from 'zod';
import type { Account } from '../account.ts';
import type { Activity } from '../../activity.ts';
import type { Resource } from '../iam/authorization.ts';
import type { Answer, RawAnswer } from '../wire/answer.ts';
import { AwsError } from '../wire/aws-error.ts';
import { operation, type Operation, type Service } from '../wire/service.ts';
import { executionOperations } from './durable/execution-operations.ts';
import { functionArn, parseFunctionReference } from './function.ts';
import type { InvokeRequest, Lambda, Resolved } from './lambda.ts';
import { updateSchema } from './durable/operations-state.ts';
import { route } from './routing.ts';
import type { RuntimeError } from './runtime-messages.ts';

const MAX_SYNC_BYTES = 6 * 1024 * 1024;
const MAX_ASYNC_BYTES = 1024 * 1024;

const invokeSchema = z.object({
  function: z.string(),
  qualifier: z.string().optional(),
  type: z.enum(['Event', 'RequestResponse', 'DryRun']),
  name: z.string().optional(),
  payload: z.string(),
});
type Invoke = z.infer<typeof invokeSchema>;

const execution = { arn: z.string() };

export function lambdaService(lambda: Lambda, account: Account, requests: Activity): Service {
  return {
    scope: 'lambda',
    iamPrefix: 'lambda',
    protocol: 'rest-json',
    invalidCode: 'InvalidParameterValueException',
    deniedCode: 'AccessDeniedException',
    operations: {
      Invoke: operation({
        input: invokeSchema,
        iamAction: 'InvokeFunction',
        resources: (input) => [{ arn: functionArn(account, parseFunctionReference(input.function, input.qualifier)) }],
        answer: (input) => invoke(lambda, input, requests),
      }),
      ...durableOperations(lambda),
      ...executionOperations(lambda, account),
    },
    route,
  };
}

function durableOperations(lambda: Lambda): Record<string, Operation> {
  const resources = (input: { arn: string }): Resource[] => [{ arn: input.arn }];
  return {
    CheckpointDurableExecution: operation({
      input: z.object({
        ...execution,
        CheckpointToken: z.string(),
        ClientToken: z.string().optional(),
        Updates: z.array(updateSchema).optional(),
      }),
      resources,
      answer: (input) => {
        const { CheckpointToken: token, ClientToken: clientToken, Updates: updates = [] } = input;
        return { ...lambda.durable.checkpoint(input.arn, { token, clientToken, updates }) };
      },
    }),
    GetDurableExecutionState: operation({
      input: z.object({
        ...execution,
        CheckpointToken: z.string(),
        Marker: z.string().optional(),
        MaxItems: z.coerce.number().int().optional(),
      }),
      resources,
      answer: (input) =>
        lambda.durable.state(input.arn, {
          token: input.CheckpointToken,
          marker: input.Marker,
          maxItems: input.MaxItems,
        }),
    }),
    SendDurableExecutionCallbackSuccess: operation({
      input: z.object({ callbackId: z.string(), body: z.string() }),
      answer: (input) => {
        lambda.durable.completeCallback(input.callbackId, { result: input.body });
        return {};
      },
    }),
  };
}

async function invoke(lambda: Lambda, input: Invoke, requests: Activity): Promise<Answer> {
  const limit = input.type === 'Event' ? MAX_ASYNC_BYTES : MAX_SYNC_BYTES;
  if (Buffer.byteLength(input.payload) > limit) {
    throw new AwsError(
      'RequestTooLargeException',
      `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
      413,
    );
  }
  const resolved = lambda.resolve(input.function, input.qualifier);
  const request: InvokeRequest = {
    function: input.function,
    ...(input.qualifier === undefined ? {} : { qualifier: input.qualifier }),
    ...(input.name === undefined ? {} : { durableExecutionName: input.name }),
    payload: input.payload === '' ? '{}' : input.payload,
  };
  switch (input.type) {
    case 'DryRun':
      return raw(204, {}, '');
    case 'Event': {
      const started = lambda.invokeAsync(request);
      return raw(202, started === undefined ? {} : { 'x-amz-durable-execution-arn': started.arn }, '');
    }
    case 'RequestResponse':
      return invokeAndWait(lambda, resolved, { request, requests });
  }
}

async function invokeAndWait(
  lambda: Lambda,
  resolved: Resolved,
  by: { request: InvokeRequest; requests: Activity },
): Promise<Answer> {
  const headers = { 'x-amz-executed-version': resolved.version };
  if (resolved.function.durable === undefined) {
    const outcome = await lambda.invokeSync(resolved, by.request.payload);
    return outcome.ok ? raw(200, headers, outcome.payload) : failure(headers, outcome.error);
  }
  const started = lambda.startExecution(resolved, by.request);
  // The caller only waits now: time may go on meanwhile.
  const resume = by.requests.pause();
  await started.ended;
  resume();
  const all = { ...headers, 'x-amz-durable-execution-arn': started.arn };
  if (started.status === 'SUCCEEDED') return raw(200, all, started.result ?? 'null');
  const { ErrorType: errorType = started.status, ErrorMessage: errorMessage = started.status } = started.error ?? {};
  return failure(all, { errorType, errorMessage });
}

function failure(headers: Record<string, string>, error: RuntimeError): RawAnswer {
  return raw(200, { ...headers, 'x-amz-function-error': 'Unhandled' }, JSON.stringify(error));
}

function raw(status: number, headers: Record<string, string>, body: string): RawAnswer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, raw: body };
}
