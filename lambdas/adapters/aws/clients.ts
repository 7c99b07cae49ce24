/**
 * Creates all clients of AWS (a lint rule forbids it elsewhere), so that none is without time limits. The caller passes
 * the class: a function bundles and loads only the clients that it uses.
 */
import type { AutoScalingClientConfig } from '@aws-sdk/client-auto-scaling';
import { CALL_LIMITS } from './call-limits.ts';
import { reportUnreadable } from './unreadable-answer.ts';

/** Options of a client beside the common limits. */
interface ClientOptions {
  /** `adaptive`: after throttling, all calls of the client are slower. For rate limits that others use too. */
  readonly retryMode?: 'adaptive';
  /** Time limit of an answer, seconds. @default the limit of CALL_LIMITS */
  readonly answerWithin?: number;
  /** SQS alone: calls go to the service's endpoint, wherever the URL of a queue points. */
  readonly useQueueUrlAsEndpoint?: false;
  /** Where it calls, and as whom. @default the region and credentials of its environment */
  readonly place?: ClientPlace;
}

/** The part of an AWS client's own configuration that says where it calls, and as whom. */
export interface ClientPlace {
  readonly region?: string;
  readonly endpoint?: string;
  /** Credentials, or what provides them. */
  readonly credentials?: NonNullable<AutoScalingClientConfig['credentials']>;
}

/** Creates a client. */
export function createClient<Client extends Adaptable>(
  ClientClass: new (config: ClientConfig) => Client,
  { retryMode, answerWithin, place, useQueueUrlAsEndpoint }: ClientOptions = {},
): Client {
  const { requestHandler, ...limits } = CALL_LIMITS;
  const client = new ClientClass({
    ...limits,
    ...place,
    requestHandler: { ...requestHandler, ...(answerWithin !== undefined && { requestTimeout: answerWithin * 1000 }) },
    ...(retryMode !== undefined && { retryMode }),
    ...(useQueueUrlAsEndpoint !== undefined && { useQueueUrlAsEndpoint }),
  });
  client.middlewareStack.add(reportUnreadable, { name: 'tellUnreadable', step: 'initialize', priority: 'high' });
  return client;
}

interface Adaptable {
  readonly middlewareStack: {
    add(middleware: typeof reportUnreadable, place: { name: string; step: 'initialize'; priority: 'high' }): void;
  };
}

interface ClientConfig extends ClientPlace {
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: boolean;
  };
  readonly retryMode?: 'adaptive';
  readonly useQueueUrlAsEndpoint?: false;
}
