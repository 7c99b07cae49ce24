/** What all events have in common, and what one says. */
import * as z from 'zod/mini';
import { lifecycleNoticeSchema, type EventNotice } from '../../core/notice/notice.ts';

/** What an event says: notices, or why it makes none. */
export type Read = EventNotice | readonly EventNotice[] | { readonly ignored: string };

/** Fields of every event. */
export const envelope = {
  account: lifecycleNoticeSchema.shape.account,
  region: lifecycleNoticeSchema.shape.region,
  time: z.iso.datetime(),
};
