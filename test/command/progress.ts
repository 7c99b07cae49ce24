/**
 * Progress of a command that takes long, on standard error: on a terminal one line that is replaced, elsewhere a line for
 * each step. Standard output has the result alone.
 */

export interface ProgressStream {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export class Progress {
  readonly #stream: ProgressStream | undefined;
  readonly #steps: number;
  #step = 0;
  #doing = '';

  /** @param quiet says nothing, as with --json @param steps how many there are to be */
  constructor(steps: number, { quiet, stream = process.stderr }: { quiet: boolean; stream?: ProgressStream }) {
    this.#steps = steps;
    this.#stream = quiet ? undefined : stream;
  }

  /** Begins the next step. @param doing such as `250 pods by ebb` */
  next(doing: string): void {
    this.#step += 1;
    this.#doing = `[${this.#step}/${this.#steps}] ${doing}`;
    this.#say(this.#doing);
  }

  /** Tells a part of the step, on a terminal alone. @param part such as `Synthesising the stack` */
  readonly part = (part: string): void => {
    if (this.#stream?.isTTY === true) this.#say(`${this.#doing}: ${part}`);
  };

  /** Clears the line, before the result. */
  done(): void {
    if (this.#stream?.isTTY === true) this.#stream.write(CLEAR);
  }

  #say(text: string): void {
    this.#stream?.write(this.#stream.isTTY === true ? `${CLEAR}${text} …` : `${text} …\n`);
  }
}

/** Back to the first column, and the line away. */
const CLEAR = '\r\u001b[K';
