/** The phase of a termination, or of the replacement of a root volume, by the instance's lifecycle state (contract 1.3, 1.4). */
export type LifecyclePhase =
  /** The instance waits in a termination hook: act. */
  | 'waiting'
  /** AWS's state lags behind its event: look again. */
  | 'not yet'
  /** The instance is past the hook, or gone: nothing is left to do. */
  | 'over'
  /** The instance is in service, or will be: the event is not true. */
  | 'in service';

/** An instance waits here before it ends. */
export const TERMINATING_WAIT = 'Terminating:Wait';

/** An instance waits here for its root volume to be replaced, by an instance refresh that does so. */
export const REPLACING_WAIT = 'ReplacingRootVolume:Wait';

/** An instance that is launched waits here. */
export const LAUNCHING_WAIT = 'Pending:Wait';

/** Phases by state. Scale-in to a warm pool waits in Warmed:Pending:Wait, leaving it in Warmed:Terminating:Wait. */
const PHASES: Readonly<Record<string, LifecyclePhase>> = {
  [TERMINATING_WAIT]: 'waiting',
  'Warmed:Terminating:Wait': 'waiting',
  'Warmed:Pending:Wait': 'waiting',
  [REPLACING_WAIT]: 'waiting',
  Terminating: 'not yet',
  'Warmed:Terminating': 'not yet',
  'Warmed:Pending': 'not yet',
  ReplacingRootVolume: 'not yet',
  'ReplacingRootVolume:Proceed': 'over',
  RootVolumeReplaced: 'over',
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

/** @param state LifecycleState from DescribeAutoScalingInstances; undefined when the instance is in no group */
export function phaseOf(state: string | undefined): LifecyclePhase {
  return state === undefined ? 'over' : (PHASES[state] ?? 'in service');
}

/** The state of an instance that serves its group. */
export const IN_SERVICE = 'InService';

/** The state of an instance that its group lets go, while its load balancers have requests for it still. */
export const DETACHING = 'Detaching';

/** Pauses and attempts for a second look at a state that may lag behind its event (contract 1.3). */
export const RELOOK: Readonly<Record<'in service' | 'not yet', { pauseMs: number; times: number }>> = {
  'in service': { pauseMs: 3_333, times: 3 },
  'not yet': { pauseMs: 5_000, times: 12 },
};

/** Whether an instance in this state is in the warm pool. It serves nobody and is no part of the desired capacity. */
export function isPooled(state: string): boolean {
  return state.startsWith('Warmed:');
}

/** Whether an instance in this state serves its group, or soon will. */
export function isComing(state: string): boolean {
  return state === IN_SERVICE || state.startsWith('Pending');
}
