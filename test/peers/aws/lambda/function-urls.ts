/** Lambda function URLs: an address of its own for each, on the loopback interface, that invokes the function. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Activity } from '../../activity.ts';
import type { Account } from '../account.ts';
import type { Authorization } from '../iam/authorization.ts';
import type { CredentialStore } from '../iam/credentials.ts';
import type { Timetable } from '../timetable.ts';
import type { WireAnswer } from '../wire/answer.ts';
import { AwsError } from '../wire/aws-error.ts';
import { readRequest, type WireRequest } from '../wire/request.ts';
import { parseFunctionReference, type LambdaFunction } from './function.ts';
import { callerOf, mayInvoke } from './function-url-access.ts';
import { refusal, urlAnswer, urlEvent } from './function-url-event.ts';
import type { Lambda } from './lambda.ts';

export interface FunctionUrlPlan {
  /** The function's name or ARN. */
  readonly function: string;
  /** An alias. Default none. */
  readonly qualifier?: string | undefined;
  readonly authType: 'AWS_IAM' | 'NONE';
}

export interface FunctionUrl {
  readonly function: LambdaFunction;
  readonly qualifier: string | undefined;
  readonly authType: FunctionUrlPlan['authType'];
  /** The domain that it would have in AWS, and that the function is told. */
  readonly domain: string;
}

/** A request that came in to a URL. */
export interface UrlRequestLog {
  readonly at: number;
  readonly function: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

type UrlAnswer = WireAnswer & { readonly cookies?: readonly string[] };

interface Parts {
  readonly account: Account;
  readonly time: Timetable;
  readonly lambda: Lambda;
  readonly store: CredentialStore;
  readonly authorization: Authorization;
  readonly activity: Activity;
}

interface Served {
  readonly url: FunctionUrl;
  readonly server: Server;
  readonly address: Promise<string>;
}

const MAX_BYTES = 6 * 1024 * 1024;

export class FunctionUrls {
  /** Every request that came in, refused ones too, oldest first. */
  readonly requests: UrlRequestLog[] = [];
  readonly #parts: Parts;
  readonly #served = new Map<string, Served>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  add(plan: FunctionUrlPlan): FunctionUrl {
    const { account, lambda } = this.#parts;
    const resolved = lambda.resolve(parseFunctionReference(plan.function).name, plan.qualifier);
    const url: FunctionUrl = {
      function: resolved.function,
      qualifier: plan.qualifier,
      authType: plan.authType,
      domain: urlDomain(account, resolved.function.arn, plan.qualifier),
    };
    const server = createServer((incoming, response) => void this.#serve(url, incoming, response));
    const address = new Promise<string>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      });
    });
    this.#served.set(url.function.name, { url, server, address });
    return url;
  }

  /** Where the function's URL can be reached. @throws Error when it has none. */
  address(functionName: string): Promise<string> {
    const served = this.#served.get(functionName);
    if (served === undefined) throw new Error(`The function ${functionName} has no URL`);
    return served.address;
  }

  async close(): Promise<void> {
    for (const { server, address } of this.#served.values()) {
      await address;
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }

  async #serve(url: FunctionUrl, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const end = this.#parts.activity.begin();
    try {
      const request = await readRequest(incoming);
      const rawQuery = (incoming.url ?? '').split('?').slice(1).join('?');
      const answer = await this.#answer(url, request, { rawQuery, sourceIp: incoming.socket.remoteAddress ?? '' });
      const { method, path } = request;
      const at = this.#parts.time.now();
      this.requests.push({ at, function: url.function.name, method, path, status: answer.status });
      this.#send(response, answer);
    } catch {
      // The client hung up while it was being read or answered.
      incoming.socket.destroy();
    } finally {
      end();
    }
  }

  #send(response: ServerResponse, { status, headers, body, cookies = [] }: UrlAnswer): void {
    response.setHeader('date', this.#parts.time.date().toUTCString());
    if (cookies.length > 0) response.setHeader('set-cookie', [...cookies]);
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  }

  async #answer(
    url: FunctionUrl,
    request: WireRequest,
    sent: { rawQuery: string; sourceIp: string },
  ): Promise<UrlAnswer> {
    const { account, time } = this.#parts;
    try {
      const caller = callerOf(url, request, { ...this.#parts, now: time.now() });
      if (caller === 'unsigned' || !mayInvoke(url, caller, this.#parts)) return refusal(403);
      return await this.#invoke(url, urlEvent({ url, request, ...sent, at: time.date(), caller, account }));
    } catch (error) {
      if (error instanceof AwsError) return refusal(403, error.message);
      throw error;
    }
  }

  async #invoke(url: FunctionUrl, event: Record<string, unknown>): Promise<UrlAnswer> {
    const { lambda, activity } = this.#parts;
    const payload = JSON.stringify(event);
    if (Buffer.byteLength(payload) > MAX_BYTES) return refusal(413);
    // The caller only waits now: time may go on meanwhile.
    const resume = activity.pause();
    const outcome = await lambda.invokeSync(lambda.resolve(url.function.name, url.qualifier), payload);
    resume();
    if (!outcome.ok || Buffer.byteLength(outcome.payload) > MAX_BYTES) return refusal(502);
    return urlAnswer(outcome.payload);
  }
}

/** `<id>.lambda-url.<region>.on.aws`, the same for the same function and alias. */
export function urlDomain(account: Account, arn: string, qualifier: string | undefined): string {
  const digest = createHash('sha256')
    .update(`${arn}:${qualifier ?? ''}`)
    .digest('hex');
  return `${digest.slice(0, 32)}.lambda-url.${account.region}.on.aws`;
}
