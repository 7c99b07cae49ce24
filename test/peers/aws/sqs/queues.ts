/** Queues that messages are left in, dead letters above all: kept in memory, read in process or by a function. */
import { AwsError } from '../wire/aws-error.ts';
import { mayReceive, readQueuePolicy, type QueueStatement } from './queue-policy.ts';

export interface QueueMessage {
  readonly at: Date;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface QueueSettings {
  /** How long a message that was received is hidden from others, milliseconds. SQS's default is 30 s. */
  readonly visibilityMs: number;
  /** Where messages go that were received so often. @default they are received again and again */
  readonly redrive?: { readonly deadLetterArn: string; readonly maxReceiveCount: number };
}

/** Who reads a queue. */
export interface QueueReader {
  receive(message: QueueMessage): void;
  /** Hides a message that it has received for so long from now. @returns false for one that it has not */
  hide(receipt: string, milliseconds: number): boolean;
}

interface Queue {
  readonly messages: QueueMessage[];
  readonly settings: QueueSettings;
  /** Undefined: nobody checks who sends. */
  policy?: readonly QueueStatement[];
  /** Takes the messages in place of the list. */
  reader?: QueueReader;
}

export class Queues {
  readonly #queues = new Map<string, Queue>();

  /** Makes a queue known; naming it twice keeps its messages. */
  add(arn: string, settings: QueueSettings = { visibilityMs: 30_000 }): void {
    if (!this.#queues.has(arn)) this.#queues.set(arn, { messages: [], settings });
  }

  settings(arn: string): QueueSettings {
    return this.#queue(arn).settings;
  }

  /** Sets the policy of a queue that only services with its leave may send to. */
  setPolicy(arn: string, document: unknown): void {
    this.#queue(arn).policy = readQueuePolicy(document);
  }

  /** From now on `reader` takes what is sent to the queue. */
  readBy(arn: string, reader: QueueReader): void {
    const queue = this.#queue(arn);
    queue.reader = reader;
    for (const message of queue.messages.splice(0)) reader.receive(message);
  }

  /** @param by the service that sends, and for which resource @default somebody in the account who may */
  send(arn: string, message: QueueMessage, by?: { service: string; sourceArn: string }): void {
    const queue = this.#queue(arn);
    if (by !== undefined && queue.policy !== undefined && !mayReceive(queue.policy, { queue: arn, ...by }))
      throw new AwsError(
        'NO_PERMISSIONS',
        `${by.service} is not authorized to perform: sqs:SendMessage on resource: ${arn}`,
        403,
      );
    if (queue.reader === undefined) queue.messages.push(message);
    else queue.reader.receive(message);
  }

  /** Hides a message that somebody has received. @returns false for a receipt that nobody has, or of a queue that is none */
  hide(arn: string, receipt: string, milliseconds: number): boolean {
    return this.#queues.get(arn)?.reader?.hide(receipt, milliseconds) === true;
  }

  /** The messages of one queue by its ARN or name, oldest first; of all queues when none is named. */
  messages(queue?: string): readonly QueueMessage[] {
    if (queue === undefined) return [...this.#queues.values()].flatMap(({ messages }) => messages);
    const found = [...this.#queues].find(([arn]) => arn === queue || arn.endsWith(`:${queue}`));
    return found?.[1].messages ?? [];
  }

  get arns(): readonly string[] {
    return [...this.#queues.keys()];
  }

  #queue(arn: string): Queue {
    const queue = this.#queues.get(arn);
    if (queue === undefined) throw new Error(`The AWS peer has no queue ${arn}`);
    return queue;
  }
}
