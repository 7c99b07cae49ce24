/** The operator's function: requests to its URL, and invocations with plain JSON (contract 10.6). */
import type { Context, LambdaFunctionURLEvent } from 'aws-lambda';
import { operationRefused } from '../../core/events/operator-events.ts';
import type { OperatorAnswer, RefusedInvocation } from '../../core/operator/outcome.ts';
import { operate } from '../../workflow/operator/operate.ts';
import type { OperatorPorts } from '../../workflow/operator/operator-ports.ts';
import { answerToFailure, type HttpAnswer } from '../http/answer.ts';
import { attempt } from '../http/attempt.ts';
import type { HttpRequest } from '../http/read-request.ts';
import { router } from '../http/router.ts';
import { answerTo, unsigned } from './operator-answer.ts';
import { readOperation, readRequest } from './read-operation.ts';
import { ROUTES, type OperatorRoute } from './route-table.ts';

const NAMED = ROUTES.map(({ method, path }) => `${method} ${path}`).join(', ');

/** @param portsOf the outside, as an invocation sees it: its context says where the function is */
export function operatorHandler(portsOf: (context: Context) => OperatorPorts) {
  return async (event: unknown, context: Context): Promise<HttpAnswer | OperatorAnswer | RefusedInvocation> => {
    const ports = portsOf(context);
    return isUrlEvent(event) ? await answerUrl(event, context, ports) : await answerInvocation(event, ports);
  };
}

/** Only Lambda's own front makes such events, or somebody who may invoke the function anyway. */
function isUrlEvent(event: unknown): event is LambdaFunctionURLEvent {
  return typeof event === 'object' && event !== null && 'requestContext' in event && 'rawPath' in event;
}

async function answerUrl(event: LambdaFunctionURLEvent, context: Context, ports: OperatorPorts): Promise<HttpAnswer> {
  const served = ROUTES.map((route) => ({
    method: route.method,
    path: route.path,
    handler: (asked: LambdaFunctionURLEvent) => answerRoute(route, asked, ports),
  }));
  return await router(served, NAMED)(event, context);
}

/** @throws errors that are not AWS's: Lambda answers them with 502, and counts an error of the function */
async function answerRoute(
  route: OperatorRoute,
  event: HttpRequest & Pick<LambdaFunctionURLEvent, 'pathParameters'>,
  ports: OperatorPorts,
): Promise<HttpAnswer> {
  const { http, authorizer } = event.requestContext;
  const from = http.sourceIp;
  const by = authorizer?.iam?.userArn;
  if (by === undefined) {
    ports.journal.report(operationRefused({ from, reason: 'nobody has signed the request' }));
    return unsigned();
  }
  const read = readRequest(route, event);
  if ('refusal' in read) return read.refusal;
  const done = await attempt(() => operate(read.value.operation, { by, from }, ports));
  return 'failure' in done ? answerToFailure(done.failure) : answerTo(done.value, route, read.value);
}

/** @throws errors of AWS: Lambda tells them to whoever has invoked it */
async function answerInvocation(event: unknown, ports: OperatorPorts): Promise<OperatorAnswer | RefusedInvocation> {
  const read = readOperation(event);
  if ('faults' in read) return { refused: 'faulty', faults: read.faults };
  const outcome = await operate(read.operation, { by: 'direct invocation' }, ports);
  return outcome.kind === 'done' ? outcome.answer : { refused: outcome.kind, faults: outcome.faults };
}
