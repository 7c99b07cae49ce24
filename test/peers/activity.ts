/**
 * What is under way in a peer: requests being answered, functions running. While anything is, the clock must not jump.
 */
export class Activity {
  #underWay = 0;
  #paused = 0;
  #changes = 0;

  get idle(): boolean {
    return this.#underWay === 0;
  }

  /** How much of what has begun only waits for time to pass. */
  get paused(): number {
    return this.#paused;
  }

  /** How often something has begun or ended so far. */
  get changes(): number {
    return this.#changes;
  }

  /** Something begins; call the answer once when it has ended. */
  begin(): () => void {
    this.#change(1);
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#change(-1);
    };
  }

  /** Something under way only waits from now on, until the answer is called. */
  pause(): () => void {
    this.#paused += 1;
    this.#change(-1);
    return () => {
      this.#paused -= 1;
      this.#change(1);
    };
  }

  #change(by: number): void {
    this.#underWay += by;
    this.#changes += 1;
  }
}

/** Marks `activity` as under way until the promise ends. */
export async function during<T>(activity: Activity, work: () => Promise<T>): Promise<T> {
  const end = activity.begin();
  try {
    return await work();
  } finally {
    end();
  }
}
