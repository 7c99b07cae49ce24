/** Reads query and JSON body of a request to a function URL. What they must have is for others to check. */
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import { shortened } from '../../core/settings/request-faults.ts';
import { badRequest, bodyTooLarge, wrongContentType, type HttpAnswer } from './answer.ts';

export interface HttpRequest extends Pick<
  LambdaFunctionURLEvent,
  'rawQueryString' | 'headers' | 'body' | 'isBase64Encoded'
> {
  readonly requestContext: {
    readonly http: { readonly sourceIp: string };
    /** Who signed the request, where the URL requires IAM. */
    readonly authorizer?: { readonly iam?: { readonly userArn?: string } } | null;
  };
}

export type Read<Value> = { readonly value: Value } | { readonly refusal: HttpAnswer };

const MOST_BODY_BYTES = 64 * 1024;

const JSON_TYPE = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;

/**
 * The body's JSON, not checked yet; an empty object when there is no body.
 *
 * @param about.like an example, as JSON
 * @param about.instead what may be done in place of a body @default nothing
 */
export function readBody(
  { headers, body = '', isBase64Encoded }: HttpRequest,
  { like, instead }: { readonly like: string; readonly instead?: string },
): Read<unknown> {
  if (body === '') return { value: {} };
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MOST_BODY_BYTES) return { refusal: bodyTooLarge(MOST_BODY_BYTES) };
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) return { refusal: wrongContentType(instead) };
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return { refusal: badRequest([`body: must be a JSON object in UTF-8 such as ${like}`]) };
  }
}

/**
 * The query's parameters as text, not checked yet.
 *
 * @param ignored names that are no fields, sent or not
 */
export function readQuery(
  raw: string,
  ignored: readonly string[] = [],
): { readonly fields: Readonly<Record<string, string>> } | { readonly faults: readonly string[] } {
  if (!isWellFormed(raw)) return { faults: ['query: must be percent-encoded UTF-8'] };
  const query = new URLSearchParams(raw);
  // Nor are the parameters of a presigned URL.
  const names = [...new Set(query.keys())].filter((name) => !ignored.includes(name) && !/^x-amz-/i.test(name));
  const repeated = names.filter((name) => query.getAll(name).length > 1);
  if (repeated.length > 0) {
    return { faults: repeated.map((name) => `${shortened(name)}: stands in the query twice: send it once`) };
  }
  return { fields: Object.fromEntries(names.map((name) => [name, query.get(name) ?? ''])) };
}

function isWellFormed(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}
