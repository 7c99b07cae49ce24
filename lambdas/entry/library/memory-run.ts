/**
 * A durable run in memory, for whoever runs Ebb in a process of their own: each step is done once, and a suspension is a
 * timer. A process that ends takes it with it; what is begun then is found again by its marks (left-over-nodes.ts).
 */
import { ClusterRefused } from '../../core/kubernetes/cluster-error.ts';
import type { DurableRun } from '../../workflow/ports/lambda.ts';
import { sleep } from '../../workflow/run/sleep.ts';
import { retryStep } from '../durable-run/step-retry.ts';

export interface MemoryRunTerms {
  /** Called with what each step returned. */
  readonly onStep?: (name: string, returned: unknown) => void;
  /** Ends a suspension early when it resolves. */
  readonly wakened?: () => Promise<void>;
}

export function memoryRun({ onStep, wakened }: MemoryRunTerms = {}): DurableRun {
  return {
    async step(name, work) {
      const returned = plain(await tried(work));
      onStep?.(name, returned);
      return returned;
    },
    async suspend(_name, seconds) {
      await (wakened === undefined ? sleep(seconds * 1000) : sleepUnless(seconds * 1000, wakened()));
    },
  };
}

async function sleepUnless(milliseconds: number, wakened: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const slept = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([slept, wakened]);
  clearTimeout(timer);
}

/** Failures that pass are tried again as in a durable run; what a person must correct fails at once. */
async function tried<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error) || error instanceof ClusterRefused) throw error;
      const { shouldRetry, delay } = retryStep(error, attempt);
      if (!shouldRetry) throw error;
      await sleep((delay?.seconds ?? 1) * 1000);
    }
  }
}

/** Returns the outcome as a checkpoint would keep it. */
function plain<Outcome>(outcome: Outcome): Outcome {
  return outcome === undefined ? outcome : (JSON.parse(JSON.stringify(outcome)) as Outcome);
}
