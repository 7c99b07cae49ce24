/**
 * The process that is measured: it loads the shipped bundle as Lambda does, runs it a few times as a warm sandbox would,
 * dry or as the schedule does, and tells its parent what that took. It imports nothing else, so that its memory is the function's.
 */
import { pathToFileURL } from 'node:url';

/** A run of the function. */
export interface Pass {
  readonly kind: 'pass';
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** The most memory so far, bytes. */
  readonly peakBytes: number;
  /** Of what the function answers; 0 unless it runs dry. */
  readonly answerBytes: number;
}

/** Before anything of the function is loaded. */
export interface Bare {
  readonly kind: 'bare';
  readonly peakBytes: number;
}

const [bundle = '', passes = '1', event = '{}'] = process.argv.slice(2);

process.send?.({ kind: 'bare', peakBytes: peak() } satisfies Bare);
const { handler } = (await import(pathToFileURL(bundle).href)) as {
  handler: (event: object, context: object) => Promise<object | undefined>;
};
const context = { functionName: 'drift-tainter', getRemainingTimeInMillis: () => 240_000 };
for (let pass = 0; pass < Number(passes); pass += 1) process.send?.(await measured());
process.disconnect();

async function measured(): Promise<Pass> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const answer = await handler(JSON.parse(event) as object, context);
  const answerBytes = answer === undefined ? 0 : JSON.stringify(answer).length;
  const { user, system } = process.cpuUsage(cpu);
  return {
    kind: 'pass',
    seconds: (performance.now() - began) / 1_000,
    cpuSeconds: (user + system) / 1_000_000,
    peakBytes: peak(),
    answerBytes,
  };
}

function peak(): number {
  return process.resourceUsage().maxRSS * 1_024;
}
