/** CloudWatch. */
import type { Alarm } from '../../core/rotation/alarm-gate.ts';

export interface Alarms {
  /** The alarms of these names, at most 50 and not none, metric and composite ones; a name that no alarm has is left out. */
  named(names: readonly string[]): Promise<readonly Alarm[]>;
}
