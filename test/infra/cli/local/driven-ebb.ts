/** Runs `ebb` in a thread of its own, whose time is driven: the thread that made it moves the shared offset. */
import { workerData } from 'node:worker_threads';
import { driveWorker } from '../../../peers/clock.ts';
import { Traffic } from '../../../peers/traffic.ts';

export interface DrivenStart {
  readonly offset: SharedArrayBuffer;
  /** Holds the number of requests that wait for their answer. */
  readonly open: SharedArrayBuffer;
}

const start = workerData as DrivenStart;
driveWorker(start.offset);
new Traffic((open) => {
  new Int32Array(start.open)[0] = open;
});
await import('../../../../infra/cli/ebb.ts');
