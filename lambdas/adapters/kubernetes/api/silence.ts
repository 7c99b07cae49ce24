/** Timer that fires after a silence: each call of `wait` starts it anew. */
export class Silence {
  #timer: NodeJS.Timeout | undefined;

  wait(milliseconds: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, milliseconds);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
