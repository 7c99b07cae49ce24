/** What a function is given for a request to its URL, and how its result becomes the answer: payload format 2.0. */
import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { Account } from '../../account.ts';
import type { Caller } from '../../iam/credentials.ts';
import type { WireAnswer } from '../../wire/answer.ts';
import type { WireRequest } from '../../wire/request.ts';
import type { FunctionUrl } from './function-urls.ts';

/** A request to a function URL. */
export interface UrlRequest {
  readonly url: FunctionUrl;
  readonly request: WireRequest;
  /** The query as it was sent, without its question mark. */
  readonly rawQuery: string;
  readonly sourceIp: string;
  readonly at: Date;
  readonly caller: Caller | undefined;
  readonly account: Account;
}

/** Headers that carry the caller's signature do not reach the function. */
const SIGNATURE_HEADERS = new Set(['authorization', 'x-amz-security-token', 'x-amz-date', 'x-amz-content-sha256']);

/** Bodies of other types come in base64. */
const TEXT = /^(text\/|application\/(json|xml|javascript)\b|application\/[^;]*\+(json|xml)\b)/;

export function urlEvent(given: UrlRequest): Record<string, unknown> {
  const { request, rawQuery } = given;
  const { query, body, headers } = request;
  const cookies = headers.cookie?.split(/; */);
  const isText = TEXT.test(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: request.path,
    rawQueryString: rawQuery,
    ...(cookies === undefined ? {} : { cookies }),
    headers: headersFor(given),
    ...(rawQuery === '' ? {} : { queryStringParameters: joined(query) }),
    requestContext: contextOf(given),
    ...(body.length === 0 ? {} : { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
}

function headersFor({ url, request, caller, sourceIp }: UrlRequest): Record<string, string> {
  const sent = Object.entries(request.headers).filter(([name]) => caller === undefined || !SIGNATURE_HEADERS.has(name));
  return {
    ...Object.fromEntries(sent),
    host: url.domain,
    'x-forwarded-for': sourceIp,
    'x-forwarded-port': '443',
    'x-forwarded-proto': 'https',
  };
}

function contextOf({ url, request, at, caller, account, sourceIp }: UrlRequest): Record<string, unknown> {
  const id = url.domain.split('.')[0];
  return {
    accountId: caller === undefined ? 'anonymous' : account.accountId,
    apiId: id,
    authentication: null,
    ...(caller === undefined ? {} : { authorizer: { iam: iamOf(caller) } }),
    domainName: url.domain,
    domainPrefix: id,
    http: {
      method: request.method,
      path: request.path,
      protocol: 'HTTP/1.1',
      sourceIp,
      userAgent: request.headers['user-agent'] ?? '',
    },
    requestId: crypto.randomUUID(),
    routeKey: '$default',
    stage: '$default',
    time: commonLogTime(at),
    timeEpoch: at.getTime(),
  };
}

function iamOf(caller: Caller): Record<string, unknown> {
  return {
    accessKey: caller.accessKeyId,
    accountId: caller.accountId,
    callerId: caller.userId,
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: caller.arn,
    userId: caller.userId,
  };
}

/** Several values of one name are joined by commas. */
function joined(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).join(',')]));
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(at: Date): string {
  const [, day = '', month = '', year = '', time = ''] = at.toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

const resultSchema = z.object({
  statusCode: z.coerce.number().int(),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.unknown(),
  isBase64Encoded: z.boolean().default(false),
});

/** What Lambda answers; cookies are sent in headers of their own. */
export type UrlAnswer = WireAnswer & { readonly cookies?: readonly string[] };

/** The answer that a function's result stands for; without a status code, the result is the body. */
export function urlAnswer(payload: string): UrlAnswer {
  const result: unknown = JSON.parse(payload === '' ? 'null' : payload);
  const isAnswer = typeof result === 'object' && result !== null && 'statusCode' in result;
  if (!isAnswer) return { status: 200, headers: JSON_TYPE, body: payload };
  const { data } = resultSchema.safeParse(result);
  if (data === undefined) return refusal(502);
  const { statusCode: status, headers, cookies, body = '', isBase64Encoded } = data;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return {
    status,
    headers: { ...JSON_TYPE, ...lowerCased(headers) },
    body: isBase64Encoded ? Buffer.from(text, 'base64') : text,
    cookies,
  };
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** An answer of Lambda's own; 502 says nothing of what went wrong. */
export function refusal(status: 403 | 413 | 502, message = STATUS_CODES[status] ?? ''): WireAnswer {
  return { status, headers: JSON_TYPE, body: status === 502 ? message : JSON.stringify({ Message: message }) };
}

function lowerCased(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
}
