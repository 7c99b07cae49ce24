/** What an instance's lifecycle state says of a terminate notice (contract 1.3, 1.4). */
export type LifecyclePhase =
  /** It waits in a termination hook: act. */
  | 'waiting'
  /** AWS lags behind its own event: look again. */
  | 'not yet'
  /** It is past the hook, or gone: nothing left to do. */
  | 'over'
  /** It is in service, or on its way there: the event does not tell the truth. */
  | 'in service';

/** Scale-in to a warm pool waits in Warmed:Pending:Wait, an instance that leaves the pool in Warmed:Terminating:Wait. */
const STANDING: Readonly<Record<string, LifecyclePhase>> = {
  'Terminating:Wait': 'waiting',
  'Warmed:Terminating:Wait': 'waiting',
  'Warmed:Pending:Wait': 'waiting',
  Terminating: 'not yet',
  'Warmed:Terminating': 'not yet',
  'Warmed:Pending': 'not yet',
  'Terminating:Proceed': 'over',
  'Terminating:Retained': 'over',
  Terminated: 'over',
  Detaching: 'over',
  Detached: 'over',
  'Warmed:Pending:Proceed': 'over',
  'Warmed:Terminating:Proceed': 'over',
  'Warmed:Pending:Retained': 'over',
  'Warmed:Terminating:Retained': 'over',
  'Warmed:Terminated': 'over',
  'Warmed:Stopped': 'over',
  'Warmed:Running': 'over',
  'Warmed:Hibernated': 'over',
};

/** @param state LifecycleState as DescribeAutoScalingInstances says it; undefined when the instance is in no group */
export function phaseOf(state: string | undefined): LifecyclePhase {
  return state === undefined ? 'over' : (STANDING[state] ?? 'in service');
}

/** The state of an instance that does what its group is for. */
export const IN_SERVICE = 'InService';

/** How a state that may lag behind its event is read again (contract 1.3). */
export const RELOOK: Readonly<Record<'in service' | 'not yet', { pauseMs: number; times: number }>> = {
  'in service': { pauseMs: 3_333, times: 3 },
  'not yet': { pauseMs: 5_000, times: 12 },
};

/** Instances of a warm pool wait there to be needed: they serve nobody, and are no part of what a group is to have. */
export function isPooled(state: string): boolean {
  return state.startsWith('Warmed:');
}

/** Whether an instance in this state serves its group, or is on its way to. */
export function isComing(state: string): boolean {
  return state === IN_SERVICE || state.startsWith('Pending');
}
