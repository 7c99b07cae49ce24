/** What is told of events from outside, before there is a retirement (contract 1). */

/** An event that is not for us, or not any more. */
export const noticeIgnored = (about: {
  reason: string;
  source?: string;
  detailType?: string;
  instance?: string;
  /** It was for us, and came too late. */
  stale?: true;
}) => ({ type: 'notice.ignored', ...about }) as const;

/** An event that AWS contradicts: perhaps forged, so it counts in a security metric. */
export const noticeRefused = (about: { reason: string; instance: string }) =>
  ({ type: 'notice.refused', ...about }) as const;

/** The hook is completed without a drain: there is nothing that we could drain. */
export const noticeReleased = (about: {
  reason: string;
  instance: string;
  group: string;
  outcome: 'completed' | 'over';
}) => ({ type: 'notice.released', ...about }) as const;

export const retirementRequested = (about: {
  execution: string;
  instance: string;
  cluster: string;
  group: string;
  already: boolean;
  /** What told of the instance. */
  foundBy: 'event' | 'sweep';
  /** The node, and the key of the taint by which it asks to be drained. */
  node?: string;
  taint?: string;
}) => ({ type: 'retirement.requested', ...about }) as const;
