/**
 * Ctrl-C: the first time nothing new is begun and the nodes in hand are finished; the second time the process ends at
 * once, and says what it leaves.
 */
import { FAILED } from '../exit-status.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

export interface Interruption extends Disposable {
  /** Aborted the first time. */
  readonly signal: AbortSignal;
}

/** @param told what is said the first time, and the second */
export function interruption(told: { readonly first: () => string; readonly second: () => string }): Interruption {
  const stop = new AbortController();
  const interrupted = (): void => {
    if (stop.signal.aborted) {
      process.stderr.write(`\n${told.second()}\n`);
      process.exit(FAILED);
    }
    process.stderr.write(`\n${told.first()}\n`);
    stop.abort();
  };
  for (const signal of SIGNALS) process.on(signal, interrupted);
  return {
    signal: stop.signal,
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, interrupted);
    },
  };
}
