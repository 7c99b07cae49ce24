/** Lambda function URLs: an address of its own for each, on the loopback interface, that invokes the function. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { during, type Activity } from '../../../activity.ts';
import type { Account } from '../../account.ts';
import type { Authorization } from '../../iam/authorization.ts';
import type { CredentialStore } from '../../iam/credentials.ts';
import type { Timetable } from '../../timetable.ts';
import { AwsError } from '../../wire/aws-error.ts';
import { readRequest } from '../../wire/request.ts';
import { parseFunctionReference, type LambdaFunction } from '../function.ts';
import { callerOf, mayInvoke } from './function-url-access.ts';
import { refusal, urlAnswer, urlEvent, type UrlAnswer } from './function-url-event.ts';
import type { Lambda } from '../lambda.ts';

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

  /** While the function runs the caller only waits: the function is what is under way then. */
  async #serve(url: FunctionUrl, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { activity } = this.#parts;
    try {
      const admitted = await during(activity, () => this.#admit(url, incoming));
      const answer = 'refused' in admitted ? admitted.refused : await this.#invoke(url, admitted.payload);
      const at = this.#parts.time.now();
      const { method = '' } = incoming;
      const [path = ''] = (incoming.url ?? '').split('?', 1);
      this.requests.push({ at, function: url.function.name, method, path, status: answer.status });
      await during(activity, () => this.#send(response, answer));
    } catch {
      // The client hung up while it was being read or answered.
      incoming.socket.destroy();
    }
  }

  /** What the function is to be given, or why it is not invoked. */
  async #admit(url: FunctionUrl, incoming: IncomingMessage): Promise<{ payload: string } | { refused: UrlAnswer }> {
    const { account, time } = this.#parts;
    const request = await readRequest(incoming);
    try {
      const caller = callerOf(url, request, { ...this.#parts, now: time.now() });
      if (caller === 'unsigned' || !mayInvoke(url, caller, this.#parts)) return { refused: refusal(403) };
      const rawQuery = (incoming.url ?? '').split('?').slice(1).join('?');
      const sourceIp = incoming.socket.remoteAddress ?? '';
      const payload = JSON.stringify(urlEvent({ url, request, rawQuery, sourceIp, at: time.date(), caller, account }));
      return Buffer.byteLength(payload) > MAX_BYTES ? { refused: refusal(413) } : { payload };
    } catch (error) {
      if (error instanceof AwsError) return { refused: refusal(403, error.message) };
      throw error;
    }
  }

  async #invoke(url: FunctionUrl, payload: string): Promise<UrlAnswer> {
    const { lambda } = this.#parts;
    const outcome = await lambda.invokeSync(lambda.resolve(url.function.name, url.qualifier), payload);
    if (!outcome.ok || Buffer.byteLength(outcome.payload) > MAX_BYTES) return refusal(502);
    return urlAnswer(outcome.payload);
  }

  async #send(response: ServerResponse, { status, headers, body, cookies = [] }: UrlAnswer): Promise<void> {
    response.setHeader('date', this.#parts.time.date().toUTCString());
    if (cookies.length > 0) response.setHeader('set-cookie', [...cookies]);
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    const sent = new Promise((resolve) => response.once('close', resolve));
    response.end(body);
    await sent;
  }
}

/** `<id>.lambda-url.<region>.on.aws`, the same for the same function and alias. */
export function urlDomain(account: Account, arn: string, qualifier: string | undefined): string {
  const digest = createHash('sha256')
    .update(`${arn}:${qualifier ?? ''}`)
    .digest('hex');
  return `${digest.slice(0, 32)}.lambda-url.${account.region}.on.aws`;
}
