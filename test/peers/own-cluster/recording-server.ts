/** For tests: an HTTPS server that keeps what it was asked and answers as it is told, as somebody's API server would. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { makeCertificates, type Certificates } from '../kubernetes/access/tls.ts';

export interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The common name of the client's certificate, when it had one that is trusted. */
  readonly certified: string | undefined;
}

type Answer = (request: Recorded, response: ServerResponse) => void;

export class RecordingServer implements AsyncDisposable {
  readonly requests: Recorded[] = [];
  readonly certificates: Certificates;
  answer: Answer = (_request, response) => {
    answerJson(response, 200, { kind: 'Any' });
  };
  readonly #server: Server;

  private constructor(certificates: Certificates) {
    const { key, cert, clientAuthority } = certificates;
    this.certificates = certificates;
    const asking = { requestCert: true, rejectUnauthorized: false, ca: clientAuthority.cert };
    this.#server = createServer({ key, cert, ...asking }, (incoming, response) => {
      void this.#serve(incoming, response);
    });
  }

  static async start(): Promise<RecordingServer> {
    const server = new RecordingServer(await makeCertificates());
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get last(): Recorded | undefined {
    return this.requests.at(-1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming;
    const socket = incoming.socket as TLSSocket;
    const certified = socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined;
    const request = { method, path, headers, body: await text(incoming), certified };
    this.requests.push(request);
    this.answer(request, response);
  }
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
