/**
 * Questions that a decision about a cluster's nodes depends on, as data. The decision returns the open ones, a workflow
 * asks them, and the decision is made anew with the answers. Pure.
 */
import type { Group, Launched } from '../aws/group.ts';
import type { ShiftScope } from '../aws/zonal-shift.ts';

export interface Questions {
  /** Instances that EC2 is asked about. */
  readonly instances: readonly string[];
  /** Groups that somebody else may be changing. */
  readonly groups: readonly Group[];
  /** Names of nodes whose pods are to be counted. */
  readonly nodes: readonly string[];
  /** Groups of EKS's managed node groups, whose nodes EKS may repair. */
  readonly repaired: readonly Group[];
  /** Clusters whose traffic may be shifted away from a zone (contract 9.8). */
  readonly shifts: readonly ShiftScope[];
}

/** Answers so far. A missing key has not been asked for. */
export interface Answers {
  /** By instance; undefined when EC2 does not know it. */
  readonly launched: ReadonlyMap<string, Launched | undefined>;
  /** Who changes the group, in words, by its name; undefined when nobody does. */
  readonly changes: ReadonlyMap<string, string | undefined>;
  /** Number of pods by name of the node. */
  readonly pods: ReadonlyMap<string, number>;
  /** Whether EKS repairs the nodes of the group by itself, by its name; `fault`: why that is unknown. */
  readonly repairs: ReadonlyMap<string, boolean | { readonly fault: string }>;
  /** Why nothing voluntary may begin while traffic is shifted, by cluster; undefined when it may. */
  readonly shifts: ReadonlyMap<string, string | undefined>;
}

/** Returned in place of a decision that cannot be made yet. At least one question is open. */
export interface Undecided {
  readonly asks: Questions;
}

export const NO_ANSWERS: Answers = {
  launched: new Map(),
  changes: new Map(),
  pods: new Map(),
  repairs: new Map(),
  shifts: new Map(),
};

/** Returns the questions that have no answer yet; undefined when all have one. */
export function openQuestions(
  { instances = [], groups = [], nodes = [], repaired = [], shifts = [] }: Partial<Questions>,
  { launched, changes, pods, repairs, shifts: told }: Answers,
): Undecided | undefined {
  const asks: Questions = {
    instances: instances.filter((instance) => !launched.has(instance)),
    groups: groups.filter(({ name }) => !changes.has(name)),
    nodes: nodes.filter((name) => !pods.has(name)),
    repaired: repaired.filter(({ name }) => !repairs.has(name)),
    shifts: shifts.filter(({ cluster }) => !told.has(cluster)),
  };
  const isOpen = Object.values(asks).some((open: readonly unknown[]) => open.length > 0);
  return isOpen ? { asks } : undefined;
}
