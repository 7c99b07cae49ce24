/** What is said of a field of the configuration. */
export interface Meaning {
  readonly does: string;
  /** What applies when the field is left out and has no default. */
  readonly without?: string;
}

/** What applies to a group that says nothing else. */
export const OF_THE_CLUSTER = 'the cluster’s';
/** What applies where no number is given. */
export const NO_LIMIT = 'none';
