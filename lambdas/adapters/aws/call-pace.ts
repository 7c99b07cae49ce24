/**
 * Keeps the calls of one process below the rate that AWS allows the whole account: a token bucket, as AWS has itself.
 *
 * Other callers of the account are not known here. The retries of the SDK handle the throttling that they cause.
 */

export interface Rate {
  /** How many calls may start at once. */
  readonly burst: number;
  /** How many more each second. */
  readonly perSecond: number;
  /** How many may be in flight at once. */
  readonly inFlight: number;
}

export class CallPace {
  readonly #rate: Rate;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #tokens: number;
  #filledAt = Date.now();
  #waking = false;

  constructor(rate: Rate) {
    this.#rate = rate;
    this.#tokens = rate.burst;
  }

  /** Makes the call when the rate allows it: first come, first served. */
  async run<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    await new Promise<void>((start) => {
      this.#waiting.push(start);
      this.#startAllowed();
    });
    try {
      return await call();
    } finally {
      this.#underWay -= 1;
      this.#startAllowed();
    }
  }

  #startAllowed(): void {
    this.#fill();
    while (this.#tokens >= 1 && this.#underWay < this.#rate.inFlight) {
      const start = this.#waiting.shift();
      if (start === undefined) return;
      this.#tokens -= 1;
      this.#underWay += 1;
      start();
    }
    if (this.#tokens < 1 && this.#waiting.length > 0) this.#wakeAtNextToken();
  }

  #fill(): void {
    const now = Date.now();
    const seconds = Math.max(0, now - this.#filledAt) / 1000;
    this.#tokens = Math.min(this.#rate.burst, this.#tokens + seconds * this.#rate.perSecond);
    this.#filledAt = now;
  }

  #wakeAtNextToken(): void {
    if (this.#waking) return;
    this.#waking = true;
    setTimeout(
      () => {
        this.#waking = false;
        this.#startAllowed();
      },
      Math.ceil(((1 - this.#tokens) / this.#rate.perSecond) * 1000),
    );
  }
}
