/** What all events have in common, and what one says. */
import * as z from 'zod/mini';
import { lifecycleNoticeSchema, type EventNotice, type WarningNotice } from '../../core/notice/notice.ts';

/** A warning of all instances in a capacity reservation, which the event does not name. */
export interface ReservationWarning {
  /** Its id, such as `cr-0a1b2c3d4e5f60017`. */
  readonly reservation: string;
  /** What is true of each of the instances. */
  readonly warning: Omit<WarningNotice, 'instance'>;
}

/** What an event says: notices, or why it makes none. */
export type Read = EventNotice | readonly EventNotice[] | ReservationWarning | { readonly ignored: string };

/** Fields of every event. */
export const envelope = {
  account: lifecycleNoticeSchema.shape.account,
  region: lifecycleNoticeSchema.shape.region,
  time: z.iso.datetime(),
};
