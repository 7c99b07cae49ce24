/** What the request handlers work with: the store and the time. */
import type { DrivenClock } from '../../clock.ts';
import type { ObjectStore } from '../storage/store.ts';

export interface Api {
  readonly store: ObjectStore;
  readonly clock: DrivenClock;
}
