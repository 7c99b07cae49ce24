/**
 * Reads a request to withdraw: query and JSON body become one order, or an answer that names every fault (contract
 * 7.4). An unknown field is a fault: a misspelt dryRun must not drain.
 */
import * as z from 'zod/mini';
import { shortened } from '../../core/settings/request-faults.ts';
import type { WithdrawalOrder } from '../../workflow/traffic/withdraw-instance.ts';
import { badRequest } from './answer.ts';
import { readBody, readQuery, type HttpRequest, type Read } from './read-request.ts';
import '../configuration/language.ts';

/** Waiting is paid for, and the function's timeout must suffice for its calls too: who waits longer asks again. */
export const LONGEST_WAIT_SECONDS = 840;

const DEFAULT_WAIT_SECONDS = 60;

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

export function readOrder(request: HttpRequest): Read<WithdrawalOrder> {
  const body = readBody(request, {
    like: '{"id": "i-0123456789abcdef0"}',
    instead: ', or send everything in the query',
  });
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
  const query = readQuery(raw, [SECRET_PARAMETER]);
  return 'faults' in query ? { fields: {}, faults: query.faults } : checked(query.fields);
}

/** The query parameter that may hold the secret, for compatibility (contract 7.4). */
export const SECRET_PARAMETER = 'pw';

function checked(given: unknown): Checked {
  const parsed = fieldsSchema.safeParse(given);
  return parsed.success
    ? { fields: parsed.data, faults: [] }
    : { fields: {}, faults: parsed.error.issues.flatMap(faultsOf) };
}

/** The faults in words. They repeat nothing that was sent but names of fields. */
function faultsOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((name) => `${shortened(name)}: is not known here: send id or ip, dryRun, timeout`);
  }
  return [`${issue.path.length === 0 ? 'body' : issue.path.join('.')}: ${issue.message}`];
}
