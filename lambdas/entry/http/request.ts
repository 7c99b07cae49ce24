/**
 * Reads a request to withdraw: query and JSON body become one order, or an answer that names every fault (contract
 * 7.4). An unknown field is a fault: a misspelt dryRun must not drain.
 */
import type { LambdaFunctionURLEvent } from 'aws-lambda';
import * as z from 'zod/mini';
import type { WithdrawalOrder } from '../../workflow/traffic/withdraw-instance.ts';
import { badRequest, bodyTooLarge, wrongContentType, type HttpAnswer } from './answer.ts';
import '../configuration/language.ts';

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

/** Waiting is paid for, and the function's timeout must suffice for its calls too: who waits longer asks again. */
export const LONGEST_WAIT_SECONDS = 840;

const DEFAULT_WAIT_SECONDS = 60;

const MOST_BODY_BYTES = 64 * 1024;

const JSON_TYPE = /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i;

const ID = 'must be an instance id such as i-0123456789abcdef0';
const IP = 'must be a private IPv4 address such as 10.0.1.23';
const SECONDS = `must be whole seconds from 0 to ${LONGEST_WAIT_SECONDS}: ask again to wait longer`;

const seconds = z.int(SECONDS).check(z.gte(0, SECONDS), z.lte(LONGEST_WAIT_SECONDS, SECONDS));

/** The fields of an order: text in a query, JSON's own types in a body. */
const fieldsSchema = z.strictObject(
  {
    id: z.optional(z.string(ID).check(z.regex(/^i-([0-9a-f]{8}|[0-9a-f]{17})$/, ID))),
    ip: z.optional(z.ipv4(IP)),
    dryRun: z.optional(
      z.pipe(
        z.literal([true, false, 1, 0, 'true', 'false', '1', '0'], 'must be true or false'),
        z.transform((value) => [true, 1, 'true', '1'].includes(value)),
      ),
    ),
    timeout: z.optional(
      z.union(
        [seconds, z.pipe(z.string(SECONDS).check(z.regex(/^\d{1,6}$/, SECONDS)), z.pipe(z.transform(Number), seconds))],
        SECONDS,
      ),
    ),
  },
  'must be a JSON object',
);
type Fields = z.infer<typeof fieldsSchema>;

type Read<Value> = { readonly value: Value } | { readonly refusal: HttpAnswer };

export function readOrder(request: HttpRequest): Read<WithdrawalOrder> {
  const body = readBody(request);
  if ('refusal' in body) return body;
  const query = queryFields(request.rawQueryString);
  const asked = [query, checked(body.value)];
  const [inQuery = {}, inBody = {}] = asked.map(({ fields }) => fields);
  const faults = [...asked.flatMap((each) => each.faults), ...differences(inQuery, inBody)];
  const { id, ip, dryRun = false, timeout: timeoutSeconds = DEFAULT_WAIT_SECONDS } = { ...inBody, ...inQuery };
  if (faults.length === 0) faults.push(...oneOf(id, ip));
  if (faults.length > 0) return { refusal: badRequest([...new Set(faults)]) };
  return { value: { who: id === undefined ? { ip: ip ?? '' } : { id }, dryRun, timeoutSeconds } };
}

function oneOf(id: string | undefined, ip: string | undefined): string[] {
  if (id !== undefined && ip !== undefined) return ['id, ip: both are there: send one of them'];
  return id === undefined && ip === undefined ? ['id: missing: send id=i-… or ip=…, in the query or a JSON body'] : [];
}

function differences(query: Fields, body: Fields): string[] {
  const names = ['id', 'ip', 'dryRun', 'timeout'] as const;
  return names
    .filter((name) => query[name] !== undefined && body[name] !== undefined && query[name] !== body[name])
    .map((name) => `${name}: query and body differ: send it once`);
}

interface Checked {
  readonly fields: Fields;
  readonly faults: readonly string[];
}

function queryFields(raw: string): Checked {
  if (!isWellFormed(raw)) return { fields: {}, faults: ['query: must be percent-encoded UTF-8'] };
  const query = new URLSearchParams(raw);
  // Neither the secret, used or not, nor the parameters of a presigned URL are fields.
  const names = [...new Set(query.keys())].filter((name) => name !== SECRET_PARAMETER && !/^x-amz-/i.test(name));
  const repeated = names.filter((name) => query.getAll(name).length > 1);
  if (repeated.length > 0) {
    return { fields: {}, faults: repeated.map((name) => `${cut(name)}: stands in the query twice: send it once`) };
  }
  return checked(Object.fromEntries(names.map((name) => [name, query.get(name)])));
}

/** The query parameter that may hold the secret, for compatibility (contract 7.4). */
export const SECRET_PARAMETER = 'pw';

function isWellFormed(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}

/** The body's JSON, not checked yet; an empty object when there is no body. */
function readBody({ headers, body = '', isBase64Encoded }: HttpRequest): Read<unknown> {
  if (body === '') return { value: {} };
  const bytes = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > MOST_BODY_BYTES) return { refusal: bodyTooLarge(MOST_BODY_BYTES) };
  if (!JSON_TYPE.test(headers['content-type'] ?? '')) return { refusal: wrongContentType() };
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return { refusal: badRequest(['body: must be a JSON object in UTF-8 such as {"id": "i-0123456789abcdef0"}']) };
  }
}

function checked(given: unknown): Checked {
  const parsed = fieldsSchema.safeParse(given);
  return parsed.success
    ? { fields: parsed.data, faults: [] }
    : { fields: {}, faults: parsed.error.issues.flatMap(faultsOf) };
}

/** The faults in words. They repeat nothing that was sent but names of fields. */
function faultsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => `${cut(name)}: is not known here: send id or ip, dryRun, timeout`);
  }
  return [`${issue.path.length === 0 ? 'body' : issue.path.join('.')}: ${issue.message}`];
}

function cut(name: string): string {
  if (name === '') return '""';
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}
