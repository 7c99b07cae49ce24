/** Queues that messages are left in, dead letters above all: kept in memory, read in process. */
export interface QueueMessage {
  readonly at: Date;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export class Queues {
  readonly #queues = new Map<string, QueueMessage[]>();

  /** Makes a queue known; naming it twice keeps its messages. */
  add(arn: string): void {
    if (!this.#queues.has(arn)) this.#queues.set(arn, []);
  }

  send(arn: string, message: QueueMessage): void {
    const queue = this.#queues.get(arn);
    if (queue === undefined) throw new Error(`The AWS peer has no queue ${arn}`);
    queue.push(message);
  }

  /** The messages of one queue by its ARN or name, oldest first; of all queues when none is named. */
  messages(queue?: string): readonly QueueMessage[] {
    if (queue === undefined) return [...this.#queues.values()].flat();
    const found = [...this.#queues].find(([arn]) => arn === queue || arn.endsWith(`:${queue}`));
    return found?.[1] ?? [];
  }

  get arns(): readonly string[] {
    return [...this.#queues.keys()];
  }
}
