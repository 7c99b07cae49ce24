/** A demo scenario: how it runs, how it is told, and what comes out. */
import type { DriftReport } from '../../lambdas/core/drift/report.ts';
import type { Cost } from '../driving/retirement-cost.ts';
import type { LoggedEvent } from '../installation.ts';
import type { BackendEvent } from '../peers/aws/elastic-load-balancing/backends.ts';
import type { Fact } from '../peers/kubernetes/storage/facts.ts';
import type { Availability } from '../peers/kubernetes/world/availability.ts';

/** How a scenario tells what happens while it happens. */
export interface Telling {
  /** Before the scene stands: what is being done to get there, such as "synthesising the stack". */
  readonly step?: (doing: string) => void;
  /** Once the world stands: what there is, and what is about to be done to it. */
  begin(scene: Scene): void;
  /** A domain event that a function logged. */
  event(event: LoggedEvent): void;
  /** What the cluster itself saw. */
  fact(fact: Fact): void;
  /** Of scenarios under load. */
  traffic?(news: TrafficNews): void;
  /** Of scenarios in which the function is killed. */
  kill?(kill: Kill): void;
  /** Of a dry run: what would be done. */
  plan?(reports: readonly DriftReport[]): void;
  end(outcome: Outcome): void;
}

/** What became of the requests so far, or what a balancer made of the node that leaves. */
export type TrafficNews =
  | { readonly kind: 'requests'; readonly at: number; readonly served: number; readonly failed: number }
  | { readonly kind: BackendEvent['kind']; readonly at: number; readonly pool: string };

/** A sandbox that was killed on purpose. */
export interface Kill {
  readonly at: number;
  /** 1 for the first, and how many there are to be. */
  readonly number: number;
  readonly of: number;
  /** Whether its checkpoint was lost, or kept. */
  readonly when: 'before' | 'after';
}

export interface Scene {
  readonly scenario: string;
  /** When it began, driven epoch milliseconds; `now`: what it is meanwhile. */
  readonly at: number;
  readonly now: () => number;
  readonly cluster: string;
  readonly group: string;
  readonly hook: { readonly name: string; readonly heartbeatSeconds: number };
  readonly nodes: number;
  readonly pods: number;
  /** What happens, where it is more than that one instance is terminated: several nodes leave, and lines name theirs. */
  readonly story?: string;
  /** The node whose instance is terminated. */
  readonly node: string;
  readonly instance: string;
  /** Names of the pods on it that are to leave. */
  readonly leaving: readonly string[];
  /** What stands in the cluster, as the facts that would make it so; empty where that is not known. */
  readonly standing: readonly Fact[];
}

export interface Outcome {
  readonly ok: boolean;
  readonly scenario: string;
  /** From the termination to the end of the hook. */
  readonly seconds: number;
  /** Pods evicted from the node. */
  readonly pods: number;
  /** Pods deleted past their budgets, at the deadline. */
  readonly forced?: number;
  /** Controllers of these that no budget covers. */
  readonly unbudgetedControllers: number;
  /** Made by the functions, checkpoints left out. */
  readonly requests: { readonly kubernetes: number; readonly aws: number };
  /** Evictions that a budget refused. */
  readonly refused: number;
  /** Falls below a budget or implied budget. */
  readonly violations: number;
  readonly expectations: readonly Expectation[];
  readonly workloads: readonly Availability[];
  /** When each stage was over, in seconds from the termination. */
  readonly stages: Readonly<Record<string, number>>;
  /** Of scenarios that last: what the retirements used of Lambda. */
  readonly cost?: Cost;
  /** Of scenarios under load. */
  readonly traffic?: Traffic;
  /** Of a rotation: Ready nodes over time, a line for each group. */
  readonly capacity?: readonly string[];
}

/** Requests that were served and that failed, together and by what they were sent through. */
export interface Traffic {
  readonly served: number;
  readonly failed: number;
  readonly pools: readonly {
    readonly name: string;
    /** The kind of load balancer. */
    readonly behind: string;
    readonly served: number;
    readonly failed: number;
  }[];
}

/** One thing that must hold at the end, read back from the peers. */
export interface Expectation {
  readonly what: string;
  readonly holds: boolean;
  readonly found: string;
}

export interface Scenario {
  run(telling: Telling, options: ScenarioOptions): Promise<Outcome>;
}

export interface ScenarioOptions {
  /** Of scenarios under load: whether Ebb takes the node out of its load balancers. */
  readonly withdraw: boolean;
  /** Of the rotation: no new node is ever Ready; the functions are killed again and again. */
  readonly failReplacement: boolean;
  readonly kill: boolean;
  /** Of the drift: only tells what would be done. */
  readonly dryRun: boolean;
  /** Whether somebody watches: driven time then passes slowly enough to read along. */
  readonly watched: boolean;
}
