/**
 * Signed GET requests to a REST API of AWS for which there is no client among our packages. Region, credentials, time
 * limits and the corrected clock are those of a client that the function has anyway; tries are the usual ones.
 */
import { Sha256 } from '@aws-crypto/sha256-js';
import type { AutoScalingClientResolvedConfig } from '@aws-sdk/client-auto-scaling';
import { HttpRequest, type HttpResponse } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import { isThrottling } from '../../core/aws/throttling.ts';
import { CALL_LIMITS } from '../aws/call-limits.ts';
import { UnreadableAnswer } from '../aws/unreadable-answer.ts';

/** The part of an AWS client that is borrowed. Every client of the SDK has it. */
export interface Caller {
  readonly config: Pick<
    AutoScalingClientResolvedConfig,
    'region' | 'credentials' | 'requestHandler' | 'systemClockOffset'
  >;
}

/** What is asked of whom. */
export interface Question {
  /** Signing name of the service, which errors tell too. */
  readonly service: string;
  /** Such as `https://arc-zonal-shift.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** A refusal or failure that AWS has answered with. `name` is AWS's code, such as `AccessDeniedException`. */
export class RestFailure extends Error {
  readonly $metadata: { readonly httpStatusCode: number };

  constructor(code: string, message: string, status: number) {
    super(message);
    this.name = code;
    this.$metadata = { httpStatusCode: status };
  }
}

/** The first pause before another try, milliseconds. It doubles, and is spread over its whole length. */
const FIRST_PAUSE_MS = 200;

/**
 * Asks until there is an answer that stands, at most as often as every other call to AWS.
 *
 * @returns the answer's JSON
 * @throws RestFailure when AWS refuses or fails, UnreadableAnswer when the answer is not AWS's, or the connection's error
 */
export async function signedGet(caller: Caller, question: Question): Promise<unknown> {
  for (let attempt = 1, pause = FIRST_PAUSE_MS; ; attempt += 1, pause *= 2) {
    try {
      return await getOnce(caller, question);
    } catch (error) {
      const isLast = attempt === CALL_LIMITS.maxAttempts || isRefusal(error) || isUnknownHost(error);
      if (isLast) throw error;
    }
    const spread = Math.random() * pause;
    await new Promise((resolve) => setTimeout(resolve, spread));
  }
}

/** Whether AWS refuses, and would again: it neither fails nor throttles. */
export function isRefusal(error: unknown): error is RestFailure {
  return error instanceof RestFailure && error.$metadata.httpStatusCode < 500 && !isThrottling(error);
}

/** Whether no such host exists: the service is not in the region. */
export function isUnknownHost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOTFOUND';
}

async function getOnce({ config }: Caller, question: Question): Promise<unknown> {
  const request = await signed(config, question);
  // The client's type leaves open which kind of handler it has; createClient gives it the SDK's own.
  const { response } = (await config.requestHandler.handle(request)) as { readonly response: HttpResponse };
  const { statusCode, headers } = response;
  const answer = parsed(await textOf(response.body as AsyncIterable<Uint8Array>));
  if (answer === undefined) {
    const about = { $response: { statusCode, headers }, $metadata: { httpStatusCode: statusCode } };
    throw new UnreadableAnswer(`GET ${question.path} of ${question.service}`, { ...about, cause: undefined });
  }
  if (statusCode === 200) return answer;
  throw failureOf(answer, response);
}

async function signed(config: Caller['config'], { service, endpoint, path, query }: Question): Promise<HttpRequest> {
  const { protocol, hostname, port, host } = new URL(endpoint);
  const request = new HttpRequest({
    method: 'GET',
    protocol,
    hostname,
    ...(port !== '' && { port: Number(port) }),
    path,
    query: { ...query },
    headers: { host, accept: 'application/json' },
  });
  const region = await config.region();
  const signer = new SignatureV4({ service, region, credentials: config.credentials, sha256: Sha256 });
  const signingDate = new Date(Date.now() + config.systemClockOffset);
  return HttpRequest.clone(await signer.sign(request, { signingDate }));
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Undefined when it is no JSON object. */
function parsed(body: string): object | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads an error of the protocol restJson1: its code is in a header or in the body, and may have a namespace around it. */
function failureOf(answer: object, { statusCode, headers }: Pick<HttpResponse, 'statusCode' | 'headers'>): RestFailure {
  const { __type, code, message, Message } = answer as Partial<
    Record<'__type' | 'code' | 'message' | 'Message', string>
  >;
  const told = headers['x-amzn-errortype'] ?? __type ?? code ?? `HTTP ${statusCode}`;
  const name = told.replace(/^.*#/, '').replace(/:.*$/, '');
  return new RestFailure(name, message ?? Message ?? 'AWS gives no reason', statusCode);
}
