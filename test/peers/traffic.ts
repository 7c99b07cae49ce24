/**
 * The requests of this thread that wait for their answer, told by the diagnostics of undici (Kubernetes) and Node's http
 * (AWS): while one does, driven time must not jump, or its time limit would pass before a loopback socket has been read.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

/** Real milliseconds without any sign of life after which a connection has nothing more to say. */
export const QUIET_MS = 4;

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
  readonly #onSign: (open: number) => void;
  #lastSign = performance.now();

  /** @param onSign told at every sign of life how many requests wait for their answer */
  constructor(onSign: (open: number) => void = () => undefined) {
    this.#onSign = onSign;
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
    this.#onSign(this.#open.size);
  };

  readonly #begun = (message: unknown): void => {
    this.#open.add((message as { request: unknown }).request);
    this.#sign();
  };

  readonly #answered = (message: unknown): void => {
    this.#open.delete((message as { request: unknown }).request);
    this.#sign();
  };
}
