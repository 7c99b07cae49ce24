/** An HTTP request as it arrived, and who was found to have signed it. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../iam/credentials.ts';

export interface WireRequest {
  readonly method: string;
  /** The path as sent, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A routed request: which action, with which parameters, asked by whom. */
export interface Call {
  readonly action: string;
  readonly parameters: unknown;
  readonly request: WireRequest;
  readonly caller: Caller;
}

export async function readRequest(incoming: IncomingMessage): Promise<WireRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const [path = '/', search = ''] = (incoming.url ?? '/').split('?', 2);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  return {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(search),
    headers,
    body: Buffer.concat(chunks),
  };
}
