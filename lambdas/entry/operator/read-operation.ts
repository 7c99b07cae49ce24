/** Reads what is asked of the operator, by HTTP or by invoking its function, or says every fault of it (contract 10.6). */
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { ACTIONS, operationSchema, type Operation } from '../../core/operator/operation.ts';
import type { Translated } from '../../core/rotation/rotator-request.ts';
import { wordsOf, type Faulty } from '../../core/settings/request-faults.ts';
import { badRequest } from '../http/answer.ts';
import { readBody, readQuery, type HttpRequest, type Read } from '../http/read-request.ts';
import type { OperatorRoute } from './route-table.ts';
import '../configuration/language.ts';

export interface ReadOperation {
  readonly operation: Operation;
  readonly translated?: Translated;
}

/** @param given JSON that the function was invoked with */
export function readOperation(given: unknown): { readonly operation: Operation } | Faulty {
  const parsed = operationSchema.safeParse(given);
  if (parsed.success) return { operation: parsed.data };
  const { issues } = parsed.error;
  if (issues.some(({ path, code }) => code === 'invalid_union' || path[0] === 'action')) {
    return { faults: [`action: must be one of ${ACTIONS.join(', ')}`] };
  }
  return { faults: issues.flatMap((issue) => wordsOf(issue, ['action', 'request', 'rotation', 'node', 'cluster'])) };
}

/** The operation that a request to the URL asks for. */
export function readRequest(
  route: OperatorRoute,
  event: HttpRequest & Pick<LambdaFunctionURLEvent, 'pathParameters'>,
): Read<ReadOperation> {
  const body = readBody(event, { like: '{"cluster": "production"}' });
  if ('refusal' in body) return body;
  const query = readQuery(event.rawQueryString);
  if ('faults' in query) return refused(query);
  const faults = [...needless(route, body.value), ...strangers(route, query.fields)];
  if (faults.length > 0) return refused({ faults });
  const path = decoded(event.pathParameters ?? {});
  const reading = route.read({ path, query: query.fields, body: body.value });
  if ('faults' in reading) return refused(reading);
  const read = readOperation(reading.operation);
  if ('faults' in read) return refused(read);
  return { value: { ...read, ...(reading.translated && { translated: reading.translated }) } };
}

const refused = ({ faults }: Faulty): { readonly refusal: ReturnType<typeof badRequest> } => ({
  refusal: badRequest(faults),
});

/** A body of a request that needs none. */
function needless({ body }: OperatorRoute, sent: unknown): string[] {
  const isEmpty = typeof sent === 'object' && sent !== null && Object.keys(sent).length === 0;
  return body !== undefined || isEmpty ? [] : ['body: is not read here: leave it out'];
}

function strangers({ query = {} }: OperatorRoute, sent: Readonly<Record<string, string>>): string[] {
  const known = Object.keys(query).join(', ');
  const instead = known === '' ? 'send fields in the body' : `${known} is`;
  return Object.keys(sent)
    .filter((name) => !Object.hasOwn(query, name))
    .map((name) => `${name.slice(0, 40)}: is no parameter of the query here: ${instead}`);
}

/** The path's parts as they were before they were encoded. One that cannot be decoded is no name of anything. */
function decoded(parts: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parts).map(([name, part = '']) => [name, decodedPart(part)]));
}

function decodedPart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
