/** A peer with one durable function, for tests of its executions. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DrivenClock } from '../../../clock.ts';
import { bundle } from '../../bundling.ts';
import type { Execution } from './execution.ts';
import { AwsPeer } from '../../peer.ts';

/** A step, a wait, a step that fails once, a condition polled twice, and a step in a child context. */
const CODE = `
  import { withDurableExecution } from '@aws/durable-execution-sdk-js';
  export const handler = withDurableExecution(async (event, context) => {
    if (event.fail) throw new Error('refused');
    const begun = await context.step('look', async () => Date.now());
    await context.wait('pause', { seconds: event.seconds ?? 60 });
    const retryStrategy = () => ({ shouldRetry: true, delay: { seconds: 30 } });
    await context.step('flaky', async () => {
      if (Date.now() < begun + 80_000) throw new Error('not yet');
    }, { retryStrategy });
    const waitStrategy = (polls) => ({ shouldContinue: polls < 2, delay: { seconds: 10 } });
    await context.waitForCondition('poll', async (polls) => polls + 1, { initialState: 0, waitStrategy });
    return context.runInChildContext('child', (child) => child.step('inner', async () => 'done'));
  });
`;

/** The unqualified ARN of the function. */
export const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:durable';

/** The function's code in a folder of its own. */
export async function functionFolder(): Promise<{ directory: string; remove: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), 'aws-peer-durable-'));
  await bundle(CODE, join(directory, 'index.mjs'));
  const remove = (): void => {
    rmSync(directory, { recursive: true, force: true });
  };
  return { directory, remove };
}

export class DurableGiven {
  readonly clock: DrivenClock;
  readonly peer: AwsPeer;
  readonly client: LambdaClient;
  readonly #uninstall: () => void;

  private constructor(parts: { clock: DrivenClock; peer: AwsPeer; uninstall: () => void }) {
    this.clock = parts.clock;
    this.peer = parts.peer;
    this.client = new LambdaClient({ ...parts.peer.clientConfig(), maxAttempts: 1 });
    this.#uninstall = parts.uninstall;
  }

  /** @param directory the function's code */
  static async with(directory: string): Promise<DurableGiven> {
    const clock = new DrivenClock();
    const uninstall = clock.install();
    const peer = await AwsPeer.start({ clock });
    const durable = { executionTimeout: 86_400, retentionPeriodInDays: 1 };
    peer.lambda.addFunction({ name: 'durable', directory, alias: 'live', timeout: 60, durable });
    return new DurableGiven({ clock, peer, uninstall });
  }

  /** Starts an execution; it runs on until it first waits for time to pass. */
  async start(name: string, payload: { seconds?: number; fail?: boolean } = {}): Promise<Execution> {
    const input = { FunctionName: 'durable', Qualifier: 'live', DurableExecutionName: name };
    await this.client.send(new InvokeCommand({ ...input, InvocationType: 'Event', Payload: JSON.stringify(payload) }));
    await this.peer.driveUntil(() => this.peer.lambda.invocations.idle);
    const execution = this.peer.lambda.executions.at(-1);
    if (execution?.name !== name) throw new Error(`${name} did not start`);
    return execution;
  }

  /** Starts an execution and drives it to its end. */
  async run(name: string, payload: { seconds?: number; fail?: boolean } = {}): Promise<Execution> {
    const execution = await this.start(name, payload);
    await this.peer.driveUntil(execution.ended);
    return execution;
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.peer.stop();
    this.#uninstall();
  }
}
