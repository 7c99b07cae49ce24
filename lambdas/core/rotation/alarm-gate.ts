/** Alarms of CloudWatch that a rotation looks at before anything begins (contract 10.2). Pure. */

export interface Alarm {
  readonly name: string;
  /** Whether its state is ALARM. One without enough data is not raised. */
  readonly isRaised: boolean;
  /** Why it is in its state, as CloudWatch says it. */
  readonly reason: string;
}

/** Characters of a reason that are repeated. */
const LONGEST_REASON = 200;

/** What keeps the next batch from beginning, in words; empty when nothing does. */
export function raisedAlarms(names: readonly string[], found: readonly Alarm[]): readonly string[] {
  const gone = unknownAlarms(names, found).map((name) => `alarm ${name} has gone`);
  const raised = found.filter(({ isRaised }) => isRaised).map(({ name, reason }) => `alarm ${name}${why(reason)}`);
  return [...raised, ...gone];
}

/** Names that no alarm has. */
export function unknownAlarms(names: readonly string[], found: readonly Alarm[]): readonly string[] {
  return names.filter((name) => !found.some((alarm) => alarm.name === name));
}

function why(reason: string): string {
  return reason === '' ? '' : `: ${reason.slice(0, LONGEST_REASON)}`;
}
