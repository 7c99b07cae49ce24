/**
 * The requests of this thread that wait for their answer, told by the diagnostics of undici (Kubernetes) and Node's http
 * (AWS): while one does, driven time must not jump, or its time limit would pass before a loopback socket has been read.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

/** Turns of this thread without any sign of life after which its connections have nothing more to say. */
const QUIET_TURNS = 10;

const BEGUN = ['undici:request:create', 'http.client.request.start'];
const ANSWERED = ['undici:request:headers', 'undici:request:error', 'http.client.request.error'];
const ANSWER_BEGUN = 'http.client.response.finish';
const SIGNS = ['undici:request:bodyChunkReceived', 'undici:request:trailers', 'undici:client:connected'];

export class Traffic {
  readonly #open = new Set<unknown>();
  readonly #onSign: (open: number) => void;
  /** Turns since the last sign of life. */
  #quietTurns = QUIET_TURNS;

  /** @param onSign told at every sign of life how many requests wait for their answer */
  constructor(onSign: (open: number) => void = () => undefined) {
    this.#onSign = onSign;
    for (const name of BEGUN) subscribe(name, this.#begun);
    for (const name of ANSWERED) subscribe(name, this.#answered);
    for (const name of SIGNS) subscribe(name, this.#sign);
    subscribe(ANSWER_BEGUN, this.#answerBegun);
  }

  get busy(): boolean {
    return this.#open.size > 0 || this.#quietTurns < QUIET_TURNS;
  }

  stop(): void {
    for (const name of BEGUN) unsubscribe(name, this.#begun);
    for (const name of ANSWERED) unsubscribe(name, this.#answered);
    for (const name of SIGNS) unsubscribe(name, this.#sign);
    unsubscribe(ANSWER_BEGUN, this.#answerBegun);
  }

  readonly #sign = (): void => {
    const counting = this.#quietTurns < QUIET_TURNS;
    this.#quietTurns = 0;
    if (!counting) setImmediate(this.#countTurn);
    this.#onSign(this.#open.size);
  };

  readonly #countTurn = (): void => {
    this.#quietTurns += 1;
    if (this.#quietTurns < QUIET_TURNS) setImmediate(this.#countTurn);
  };

  readonly #begun = (message: unknown): void => {
    this.#open.add((message as { request: unknown }).request);
    this.#sign();
  };

  /** Only its head has come: the rest may take several reads. */
  readonly #answerBegun = (message: unknown): void => {
    (message as { response: IncomingMessage }).response.once('close', () => {
      this.#answered(message);
    });
  };

  readonly #answered = (message: unknown): void => {
    this.#open.delete((message as { request: unknown }).request);
    this.#sign();
  };
}
