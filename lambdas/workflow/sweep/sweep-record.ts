/** Counts and failures of one sweep. */
import { sweepFinished } from '../../core/events/fleet-events.ts';
import { Attempts } from '../run/attempts.ts';

export class SweepRecord extends Attempts {
  groups = 0;
  waiting = 0;
  started = 0;
  tainted = 0;
  restored = 0;

  /** @throws RunIncomplete naming all that failed */
  close(): void {
    const { groups, waiting, started, tainted, restored, clustersAway } = this;
    this.journal.report(sweepFinished({ groups, waiting, started, tainted, restored, clustersAway }));
    this.throwFailures();
  }
}
