/** The HTTP server: who asks, for what, may they, does a fault hit, then the answer in the service's own protocol. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Activity } from '../activity.ts';
import { pageOfFault, refusalOf, type FaultPlan, type Faults } from './faults.ts';
import type { Authorization } from './iam/authorization.ts';
import type { Caller, CredentialStore } from './iam/credentials.ts';
import { authenticate, readAuthorization } from './iam/signature.ts';
import type { Timetable } from './timetable.ts';
import { renderAnswer, renderError, type AnswerContext, type WireAnswer } from './wire/answer.ts';
import { AwsError } from './wire/aws-error.ts';
import { readRequest, type WireRequest } from './wire/request.ts';
import type { Route, Service } from './wire/service.ts';

/** A request that came in, for tests to count and read. */
export interface LoggedRequest {
  readonly at: number;
  readonly service: string;
  readonly action: string;
  readonly parameters: unknown;
  readonly status: number;
  /** The error's code, when it was refused. */
  readonly error: string | undefined;
  /** The function that asked. */
  readonly function: string | undefined;
}

/** Thrown by an operation to cut the connection without an answer. */
export class ConnectionCut extends Error {}

interface Parts {
  readonly time: Timetable;
  readonly activity: Activity;
  readonly faults: Faults;
  readonly store: CredentialStore;
  readonly authorization: Authorization;
}

interface Outcome {
  readonly answer: WireAnswer | 'cut';
  readonly log: Omit<LoggedRequest, 'at' | 'status'> & { readonly status?: number };
}

export class PeerServer {
  readonly requests: LoggedRequest[] = [];
  readonly services: Service[] = [];
  readonly #parts: Parts;
  readonly #server: Server;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#server = createServer({ keepAliveTimeout: 120_000 }, (incoming, response) => {
      void this.#serve(incoming, response);
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const end = this.#parts.activity.begin();
    try {
      const request = await readRequest(incoming);
      const { answer, log } = await this.#answer(request);
      const status = answer === 'cut' ? 0 : answer.status;
      this.requests.push({ ...log, at: this.#parts.time.now(), status });
      if (answer === 'cut') incoming.socket.resetAndDestroy();
      else this.#send(response, answer);
    } catch {
      // The client hung up while it was being read or answered.
      incoming.socket.destroy();
    } finally {
      end();
    }
  }

  #send(response: ServerResponse, answer: WireAnswer): void {
    // The SDK corrects its clock by this header: it must be the driven time.
    response.setHeader('date', this.#parts.time.date().toUTCString());
    response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
    response.end(answer.body);
  }

  async #answer(request: WireRequest): Promise<Outcome> {
    const requestId = crypto.randomUUID();
    const authorization = readAuthorization(request);
    const routed = authorization === undefined ? undefined : this.#route(request, authorization.service);
    if (authorization === undefined || routed === undefined)
      return unroutable(request, authorization?.service, requestId);
    const { service, route } = routed;
    const action = route?.action ?? `${request.method} ${request.path}`;
    const context = contextOf(service, action, requestId);
    const log = {
      service: service.scope,
      action,
      parameters: route?.parameters,
      function: undefined as string | undefined,
      error: undefined,
    };
    try {
      const caller = authenticate(request, authorization, { store: this.#parts.store, now: this.#parts.time.now() });
      log.function = caller.functionName;
      const call = { service, action, parameters: route?.parameters, request, caller };
      return { answer: await this.#perform(call, context), log };
    } catch (error) {
      return this.#refuse(error, context, log);
    }
  }

  /** Services that share a signing name tell their own requests; the first of them has those that are none's. */
  #route(request: WireRequest, scope: string | undefined): { service: Service; route: Route | undefined } | undefined {
    const routed = this.services
      .filter((each) => each.scope === scope)
      .map((service) => ({ service, route: service.route(request) }));
    return routed.find(({ route }) => route !== undefined) ?? routed[0];
  }

  async #perform(call: PerformedCall, context: AnswerContext): Promise<WireAnswer | 'cut'> {
    const { service, action } = call;
    const operation = service.operations[action];
    if (operation === undefined)
      throw new AwsError('InvalidAction', `The AWS peer does not implement ${service.scope} ${action}`, 400);
    service.admit?.(action);
    const fault = this.#parts.faults.take(service.scope, action);
    const early = await this.#faultBefore(fault, service);
    if (early !== undefined) return early;
    const prepared = operation.prepare(call, service.invalidCode);
    const { iamAction, resources } = prepared;
    if (iamAction !== undefined)
      this.#parts.authorization.check(service, iamAction, { caller: call.caller, resources });
    const answer = renderAnswer(await prepared.run(), context);
    return fault?.kind === 'lost-answer' ? 'cut' : answer;
  }

  async #faultBefore(fault: FaultPlan | undefined, service: Service): Promise<WireAnswer | 'cut' | undefined> {
    if (fault === undefined) return undefined;
    if (fault.kind === 'reset') return 'cut';
    const page = pageOfFault(fault);
    if (page !== undefined) return page;
    if (fault.kind === 'delay') await this.#delay(fault.delay ?? 0);
    const refusal = refusalOf(fault, service.protocol);
    if (refusal !== undefined) throw refusal;
    return undefined;
  }

  /** The request only waits meanwhile: time may go on. */
  async #delay(milliseconds: number): Promise<void> {
    const resume = this.#parts.activity.pause();
    await new Promise<void>((resolve) => this.#parts.time.after(milliseconds, resolve));
    resume();
  }

  #refuse(error: unknown, context: AnswerContext, log: Omit<LoggedRequest, 'at' | 'status'>): Outcome {
    if (error instanceof ConnectionCut) return { answer: 'cut', log };
    const refusal = error instanceof AwsError ? error : peerFailure(error);
    return { answer: renderError(refusal, context), log: { ...log, error: refusal.code } };
  }
}

interface PerformedCall {
  readonly service: Service;
  readonly action: string;
  readonly parameters: unknown;
  readonly request: WireRequest;
  readonly caller: Caller;
}

function contextOf(service: Service, action: string, requestId: string): AnswerContext {
  const { protocol, namespace } = service;
  return { protocol, action, requestId, ...(namespace === undefined ? {} : { namespace }) };
}

function unroutable(request: WireRequest, scope: string | undefined, requestId: string): Outcome {
  const action = `${request.method} ${request.path}`;
  const error =
    scope === undefined
      ? new AwsError('MissingAuthenticationToken', 'Request is missing Authentication Token', 403)
      : new AwsError('InvalidAction', `The AWS peer has no service ${scope}`, 400);
  const log = { service: scope ?? '', action, parameters: undefined, function: undefined, error: error.code };
  return { answer: renderError(error, { protocol: 'rest-json', action, requestId }), log };
}

/** A defect of the peer itself: 500, with its stack, so that a test shows where. */
function peerFailure(error: unknown): AwsError {
  return new AwsError('PeerFailure', error instanceof Error ? (error.stack ?? error.message) : String(error), 500);
}
