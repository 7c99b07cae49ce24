/** Faults to be injected per request. Nova's and Keystone's own refusals are not faults. */

export interface Match {
  readonly method?: string;
  readonly path?: RegExp;
  /** How many requests it hits. @default Infinity */
  readonly times?: number;
}

export type Effect =
  /** The connection is reset before the request is handled. */
  | { readonly kind: 'reset' }
  /** The request is handled, then the connection is reset. */
  | { readonly kind: 'lose answer' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers: Record<string, string>;
    };

export class Faults {
  readonly #faults: { match: Match; effect: Effect; hits: number }[] = [];

  add(match: Match, effect: Effect): void {
    this.#faults.push({ match, effect, hits: 0 });
  }

  reset(match: Match): void {
    this.add(match, { kind: 'reset' });
  }

  loseAnswer(match: Match): void {
    this.add(match, { kind: 'lose answer' });
  }

  /** Any answer in the place of the real one; an object is sent as JSON. */
  answer(match: Match, status: number, body: object | string = '', headers: Record<string, string> = {}): void {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    this.add(match, { kind: 'answer', status, body: text, headers });
  }

  clear(): void {
    this.#faults.length = 0;
  }

  take(method: string, path: string): Effect | undefined {
    const fault = this.#faults.find(
      ({ match, hits }) =>
        (match.method ?? method) === method && (match.path?.test(path) ?? true) && hits < (match.times ?? Infinity),
    );
    if (fault !== undefined) fault.hits += 1;
    return fault?.effect;
  }
}
