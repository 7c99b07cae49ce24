/** Requests to the URL of a function that the peer has, signed by its administrator or by nobody. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { HttpRequest } from '@smithy/protocol-http';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsPeer } from '../peers/aws/peer.ts';

export interface AskedUrl {
  /** @default POST */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** @default false */
  readonly signed?: boolean;
  /** Whether time is driven meanwhile, because the answer waits for it. @default false */
  readonly driven?: boolean;
}

export interface UrlAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly content: object;
}

/**
 * @param entry name of the function's entry in the template
 * @param target path and query
 */
export async function askUrl(aws: AwsPeer, entry: string, target: string, asked: AskedUrl = {}): Promise<UrlAnswer> {
  const { method = 'POST', headers = {}, body, signed = false, driven = false } = asked;
  const name = [...aws.lambda.functions.keys()].find((each) => each.includes(entry)) ?? '';
  const url = new URL(target, await aws.functionUrls.address(name));
  const sent = { ...headers, ...(signed && (await signature(aws, url, { method, headers, body }))) };
  const answering = fetch(url, { method, headers: sent, ...(body !== undefined && { body }) });
  // While no function runs, the request or its answer is on its way.
  const busy = (): boolean => aws.lambda.invocations.idle;
  const answer = await (driven ? aws.driveUntil(answering, { whileRunning: true, busy }) : answering);
  return { status: answer.status, headers: answer.headers, content: (await answer.json()) as object };
}

async function signature(aws: AwsPeer, url: URL, asked: { method: string; headers: object; body: string | undefined }) {
  const credentials = aws.administrator;
  const signer = new SignatureV4({ service: 'lambda', region: aws.account.region, credentials, sha256: Sha256 });
  const request = new HttpRequest({
    ...asked,
    hostname: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...asked.headers, host: url.host },
  });
  return (await signer.sign(request, { signingDate: aws.clock.date() })).headers;
}
