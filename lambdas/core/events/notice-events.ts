/** Events about notices from outside, before there is a retirement (contract 1). */

/** The notice is not for Ebb, or came too late. */
export const noticeIgnored = (about: {
  reason: string;
  source?: string;
  detailType?: string;
  instance?: string;
  /** The notice was for Ebb and came too late. */
  stale?: true;
  /** Comes with every termination. */
  usual?: true;
}) => ({ type: 'notice.ignored', ...about }) as const;

/** AWS contradicts the notice. It may be forged, so it counts in a security metric. */
export const noticeRefused = (about: { reason: string; instance: string }) =>
  ({ type: 'notice.refused', ...about }) as const;

/** The hook is completed without a drain, because there is nothing to drain. */
export const noticeReleased = (about: {
  reason: string;
  instance: string;
  group: string;
  outcome: 'completed' | 'over';
}) => ({ type: 'notice.released', ...about }) as const;

/** AWS throttles the verification: the retirement is started, and verifies by itself before it touches anything. */
export const noticeUnverified = (about: { execution: string; instance: string; reason: string }) =>
  ({ type: 'notice.unverified', ...about }) as const;

/** A message of the queue could not be handled: it is delivered again, and in the end left in the dead-letter queue. */
export const noticeFailed = (about: { messageId: string; reason: string }) =>
  ({ type: 'notice.failed', ...about }) as const;

/** The router could not isolate the node: its retirement does. */
export const isolationLeft = (about: { instance: string; reason: string }) =>
  ({ type: 'isolation.left', ...about }) as const;

export const retirementRequested = (about: {
  execution: string;
  instance: string;
  cluster: string;
  group: string;
  already: boolean;
  /** How the instance was found. */
  foundBy: 'event' | 'sweep' | 'rotation' | 'request';
  /** The node, and the key of its drain taint. */
  node?: string;
  taint?: string;
}) => ({ type: 'retirement.requested', ...about }) as const;
