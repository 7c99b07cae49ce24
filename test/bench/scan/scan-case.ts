/** The scans that are measured, by name. */
import type { FleetState } from './scan-fleet.ts';

/** What is run, and of what cluster. */
export const SCANS = {
  /** As most runs are. */
  steady: { state: 'current', dryRun: false },
  /** While nodes are replaced one after the other: those that are out of date are marked. */
  waiting: { state: 'marked', dryRun: false },
  /** The first after an image was released: each node that runs another is marked. */
  marking: { state: 'drifted', dryRun: false },
  /** For a person. */
  dry: { state: 'drifted', dryRun: true },
} as const satisfies Record<string, { state: FleetState; dryRun: boolean }>;

export type Scan = keyof typeof SCANS;
