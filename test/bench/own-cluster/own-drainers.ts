/** Who drains somebody's node in the bench. */
import type { OwnDrain } from './own-drain.ts';
import { drainByEbb } from './own-drain-ebb.ts';
import { drainByKubectl } from './own-drain-kubectl.ts';
import type { OwnFigures, Unmeasured } from './own-measurement.ts';

/** With a fault it cannot be had, which is said in its row. */
export type Drainer = { readonly name: string } & (
  { readonly drain: (drain: OwnDrain) => Promise<OwnFigures | Unmeasured> } | Unmeasured
);

/** @param version of the kubectl on PATH, if there is one */
export function drainersOf(version: string | undefined, withoutKubectl: boolean): Drainer[] {
  const ebb = { name: 'ebb', drain: drainByEbb };
  if (withoutKubectl) return [ebb];
  if (version === undefined) return [ebb, { name: 'kubectl', fault: 'not on PATH' }];
  return [ebb, { name: `kubectl ${version}`, drain: drainByKubectl }];
}
