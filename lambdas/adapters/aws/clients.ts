/**
 * The one place where clients of AWS are made (a lint rule forbids all others), so that none is without limits. The
 * clients' own classes are handed in: a function bundles, and loads, no more of them than it uses.
 */
import { CALL_LIMITS } from './call-limits.ts';
import { reportUnreadable } from './unreadable-answer.ts';

/** What a client may be given beside its limits. */
interface ClientOptions {
  /** `adaptive`: once throttled, all calls of the client are slower, because others use up the same rate limits. */
  readonly retryMode?: 'adaptive';
  /** How long an answer may take, seconds, where the limit of all others is too short. */
  readonly answerWithin?: number;
}

/** A client of that class, in the region and with the credentials of its environment. */
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
