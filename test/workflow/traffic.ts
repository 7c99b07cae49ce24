/**
 * The requests of this process that wait for their answer, told by the diagnostics of undici (Kubernetes) and Node's http
 * (AWS): while one does, driven time must not jump, or its time limit would pass before a loopback socket has been read.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** Real milliseconds without any sign of life after which a connection has nothing more to say. */
const QUIET_MS = 4;

const BEGUN = ['undici:request:create', 'http.client.request.start'];
const ANSWERED = [
  'undici:request:headers',
  'undici:request:error',
  'http.client.response.finish',
  'http.client.request.error',
];
const SIGNS = ['undici:request:bodyChunkReceived', 'undici:request:trailers', 'undici:client:connected'];

export class Traffic {
  readonly #open = new Set<unknown>();
  #lastSign = performance.now();

  constructor() {
    for (const name of BEGUN) subscribe(name, this.#begun);
    for (const name of ANSWERED) subscribe(name, this.#answered);
    for (const name of SIGNS) subscribe(name, this.#sign);
  }

  get busy(): boolean {
    return this.#open.size > 0 || performance.now() - this.#lastSign < QUIET_MS;
  }

  stop(): void {
    for (const name of BEGUN) unsubscribe(name, this.#begun);
    for (const name of ANSWERED) unsubscribe(name, this.#answered);
    for (const name of SIGNS) unsubscribe(name, this.#sign);
  }

  readonly #sign = (): void => {
    this.#lastSign = performance.now();
  };

  readonly #begun = (message: unknown): void => {
    this.#sign();
    this.#open.add((message as { request: unknown }).request);
  };

  readonly #answered = (message: unknown): void => {
    this.#sign();
    this.#open.delete((message as { request: unknown }).request);
  };
}
