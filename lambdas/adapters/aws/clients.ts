/**
 * Creates all clients of AWS (a lint rule forbids it elsewhere), so that none is without time limits. The caller passes
 * the class: a function bundles and loads only the clients that it uses.
 */
import { CALL_LIMITS } from './call-limits.ts';
import { reportUnreadable } from './unreadable-answer.ts';

/** Options of a client beside the common limits. */
interface ClientOptions {
  /** `adaptive`: after throttling, all calls of the client are slower. For rate limits that others use too. */
  readonly retryMode?: 'adaptive';
  /** Time limit of an answer, seconds. @default the limit of CALL_LIMITS */
  readonly answerWithin?: number;
}

/** Creates a client, in the region and with the credentials of its environment. */
export function createClient<Client extends Adaptable>(
  ClientClass: new (config: ClientConfig) => Client,
  { retryMode, answerWithin }: ClientOptions = {},
): Client {
  const { requestHandler, ...limits } = CALL_LIMITS;
  const client = new ClientClass({
    ...limits,
    requestHandler: { ...requestHandler, ...(answerWithin !== undefined && { requestTimeout: answerWithin * 1000 }) },
    ...(retryMode !== undefined && { retryMode }),
  });
  client.middlewareStack.add(reportUnreadable, { name: 'tellUnreadable', step: 'initialize', priority: 'high' });
  return client;
}

interface Adaptable {
  readonly middlewareStack: {
    add(middleware: typeof reportUnreadable, place: { name: string; step: 'initialize'; priority: 'high' }): void;
  };
}

interface ClientConfig {
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: boolean;
  };
  readonly retryMode?: 'adaptive';
}
