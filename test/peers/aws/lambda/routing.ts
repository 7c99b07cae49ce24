/** Lambda's REST calls, told apart by method and path. */
import { z } from 'zod';
import type { WireRequest } from '../wire/request.ts';
import type { Route } from '../wire/service.ts';

type Read = (request: WireRequest, name: string) => Record<string, unknown>;

/** Method, path with the one name that it holds, action, and how its parameters are read. */
const ROUTES: readonly (readonly [string, string, string, Read])[] = [
  ['POST', '/2015-03-31/functions/NAME/invocations', 'Invoke', invocation],
  ['GET', '/2025-12-01/functions/NAME/durable-executions', 'ListDurableExecutionsByFunction', listing],
  ['GET', '/2025-12-01/durable-executions/NAME', 'GetDurableExecution', query],
  ['GET', '/2025-12-01/durable-executions/NAME/history', 'GetDurableExecutionHistory', query],
  ['GET', '/2025-12-01/durable-executions/NAME/state', 'GetDurableExecutionState', query],
  ['POST', '/2025-12-01/durable-executions/NAME/checkpoint', 'CheckpointDurableExecution', body],
  ['POST', '/2025-12-01/durable-executions/NAME/stop', 'StopDurableExecution', body],
  ['POST', '/2025-12-01/durable-execution-callbacks/NAME/succeed', 'SendDurableExecutionCallbackSuccess', callback],
];

export function route(request: WireRequest): Route | undefined {
  const [before, version, kind, name = '', ...rest] = request.path.split('/');
  const path = [before, version, kind, 'NAME', ...rest].join('/');
  const found = ROUTES.find(([method, pattern]) => method === request.method && pattern === path);
  if (found === undefined) return undefined;
  const [, , action, read] = found;
  return { action, parameters: read(request, decodeURIComponent(name)) };
}

function invocation({ headers, query, body }: WireRequest, name: string): Record<string, unknown> {
  return {
    function: name,
    qualifier: query.get('Qualifier') ?? undefined,
    type: headers['x-amz-invocation-type'] ?? 'RequestResponse',
    name: headers['x-amz-durable-execution-name'],
    payload: body.toString(),
  };
}

function listing({ query }: WireRequest, FunctionName: string): Record<string, unknown> {
  return { ...Object.fromEntries(query), Statuses: query.getAll('Statuses'), FunctionName };
}

function query(request: WireRequest, arn: string): Record<string, unknown> {
  return { ...Object.fromEntries(request.query), arn };
}

function body(request: WireRequest, arn: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(request.body.toString() || '{}');
  return { ...z.record(z.string(), z.unknown()).parse(parsed), arn };
}

function callback(request: WireRequest, callbackId: string): Record<string, unknown> {
  return { callbackId, body: request.body.toString() };
}
