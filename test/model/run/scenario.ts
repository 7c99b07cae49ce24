/** What a model run is made of: one node that is to go, what stands on it, and what goes wrong meanwhile. */
import type { DeadlinePolicy } from '../../../lambdas/core/settings/cluster-settings.ts';
import { HOUR, NOON, SECOND } from '../../given.ts';

export interface Scenario {
  /** Of everything that is drawn while it runs, such as jitter. */
  readonly seed: number;
  readonly hookTimeoutSeconds: number;
  readonly drain: DrainGiven;
  /** The group keeps an instance whose termination hook is abandoned. */
  readonly retains: boolean;
  /** What Auto Scaling says of the instance at first; `late`: it catches up with its own event after a while. */
  readonly standing: 'waiting' | 'late' | 'in service' | 'gone';
  readonly node: NodeGiven;
  readonly apps: readonly App[];
  /** Of every request to the cluster. */
  readonly latencyMs: number;
  /** How late a watch is. */
  readonly lagMs: number;
  readonly faults: readonly Fault[];
  readonly crashes: readonly Crash[];
  /** How long after its event the first retirement starts; absent: at once. Somebody has kept the hook alive until then. */
  readonly lateSeconds?: number;
  /** Another notice of the same instance, whose retirement starts later. */
  readonly second?: SecondNotice;
}

export interface DrainGiven {
  readonly timeoutSeconds: number;
  readonly atDeadline: DeadlinePolicy;
  readonly impliedBudget: number | 'off';
  readonly maxEvictionsInFlight: number;
  readonly pauseBetweenEvictionsSeconds: number;
  readonly gracePeriodSeconds?: number;
  readonly detachTimeoutSeconds: number;
}

export interface NodeGiven {
  readonly joins: 'before' | 'late' | 'never';
  /** A person has cordoned it. */
  readonly cordoned: boolean;
  /** It bears a taint and a label of somebody else's. */
  readonly marked: boolean;
  /** It bears the marks of a retirement that has ended. */
  readonly leftover: boolean;
  /** Until when other nodes, which are being retired already, have the only slot: percent, as with a fault. */
  readonly heldUpUntil?: number;
}

/** One controller and its pods. */
export interface App {
  /** `bare`: pods that nobody makes again; `CloneSet`: a kind that Ebb does not know. */
  readonly kind: 'ReplicaSet' | 'StatefulSet' | 'Job' | 'DaemonSet' | 'CloneSet' | 'bare';
  /** In what the labels of its pods differ; absent: in nothing. */
  readonly labels?: 'zones' | 'one by hand' | 'each its own';
  /** We may not read its controller. */
  readonly unreadable?: true;
  /** Whom bare pods name as their controller. */
  readonly claims?: Claim;
  /** Pods on the node, and on others. */
  readonly here: number;
  readonly elsewhere: number;
  /** Of those here, how many are not Ready at first. */
  readonly unready: number;
  /** From a pod's creation until it is Ready; absent: never. */
  readonly startSeconds?: number;
  /** How many may be away, by its PodDisruptionBudget; absent: it has none. */
  readonly spare?: number;
  readonly alwaysAllowsUnhealthy: boolean;
  /** A second budget covers it, so that eviction cannot work. */
  readonly coveredTwice: boolean;
  readonly graceSeconds: number;
  /** How long a pod takes to stop, which its grace may cut; absent: its kubelet never ends it. */
  readonly stopSeconds?: number;
  /** How long a finalizer holds a pod's object once its containers have ended. */
  readonly finalizerSeconds?: number;
  readonly isProtected: boolean;
  readonly isCritical: boolean;
  /** Its pods are made again on this very node. */
  readonly comesBack: boolean;
  /** How long after a pod's end its volume is detached; absent: it has none. */
  readonly detachSeconds?: number;
}

/** What a pod's creator may write into its owner reference. */
export type Claim =
  | 'a subresource'
  | 'another folder'
  | 'a kind of another group'
  | 'a Job of another group'
  | 'a word of JavaScript'
  | 'one that is gone'
  | "another controller's uid";

/** `from` and `at` are percent of the time from the first retirement's start to its deadline. */
export type Fault =
  | { readonly kind: Trouble; readonly from: number; readonly seconds: number }
  /** Every so manieth eviction is answered so. */
  | { readonly kind: 'unknown' | 'throttled'; readonly every: number }
  /** Evictions of one app's pods are denied, and deletions of them too where `deletions` says so. */
  | {
      readonly kind: 'denied';
      readonly by: DenialBy;
      /** Of the apps, from 0. */
      readonly app: number;
      readonly deletions: boolean;
      readonly from: number;
      readonly seconds: number;
    }
  /** So many patches of the node meet a change of somebody else's. */
  | { readonly kind: 'conflict'; readonly times: number }
  | { readonly kind: Turn; readonly at: number };

/** What lasts for a while. */
export type Trouble =
  'cluster away' | 'cluster slow' | 'webhook denies' | 'EC2 silent' | 'lifecycle fails' | 'lifecycle loses answers';

/** Who lets a pod not go, for a reason that has nothing to do with others. */
export type DenialBy =
  | 'webhook'
  | 'webhook with a 403'
  | 'policy'
  | 'plugin'
  | 'what takes it for malformed'
  | 'what has no such verb'
  | 'what cannot read it'
  | 'what finds it invalid';

/** What changes for good. */
export type Turn =
  | 'cluster refuses'
  | 'evictions forbidden'
  /** A person uncordons the node and takes our taint off. */
  | 'isolation taken off'
  | 'node deleted'
  /** Its kubelet has made its Node object anew, without a mark. */
  | 'node registered anew'
  | 'node replaced'
  | 'kubelet dies'
  | 'instance stopped'
  | 'instance terminated'
  | 'hook completed by another'
  | 'retention removed';

/** The process is killed, and started again after a while. */
export interface Crash {
  /** At the how manieth request or checkpoint since its start, or since the crash before. */
  readonly count: number;
  readonly of: 'request' | 'checkpoint';
  /** Whether the request reaches its server, or the checkpoint is kept. */
  readonly when: 'before' | 'after';
  readonly pauseSeconds: number;
}

export interface SecondNotice {
  /** When its retirement starts. */
  readonly startsAfterSeconds: number;
  /** How much older than the first its event is; negative: how much newer. */
  readonly olderBySeconds: number;
}

/** When a retirement may be at work, epoch milliseconds. */
export interface Span {
  readonly startedAt: number;
  readonly deadline: number;
}

/** Told by the contract (5.1, 6.1), not by the code. */
export function globalTimeoutSeconds({ hookTimeoutSeconds }: Scenario): number {
  return Math.min((48 * HOUR) / SECOND, 100 * hookTimeoutSeconds);
}

/** When the instance came to its hook, by the first event, epoch milliseconds. */
export function noticedAt({ lateSeconds = 0 }: Scenario): number {
  return NOON - lateSeconds * SECOND;
}

/** By contract 5.1. @param at when its event says that the hook began @param startedAt when the retirement starts */
export function spanOf(scenario: Scenario, at = noticedAt(scenario), startedAt = NOON): Span {
  const { timeoutSeconds, atDeadline } = scenario.drain;
  const globalTimeout = globalTimeoutSeconds(scenario) * SECOND;
  // An event that is older than a hook can last is none of this hook's.
  const began = at + globalTimeout > startedAt ? at : noticedAt(scenario);
  const hookEnds = began + globalTimeout - 60 * SECOND;
  const timeUp = atDeadline === 'wait' ? Infinity : startedAt + timeoutSeconds * SECOND;
  return { startedAt, deadline: Math.min(hookEnds, timeUp) };
}

/** @param percent of the time from the first retirement's start to its deadline */
export function momentOf(scenario: Scenario, percent: number): number {
  const { startedAt, deadline } = spanOf(scenario);
  return startedAt + ((deadline - startedAt) * percent) / 100;
}
