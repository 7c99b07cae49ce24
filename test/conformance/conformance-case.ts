/** A case: what a Kubernetes API server does, said once and asked of every server. */
import type { KubernetesPeer } from '../peers/kubernetes/peer.ts';
import type { Ground } from './ground.ts';
import type { KubeClient } from './kube-client.ts';
import type { Ability, Time } from './subject.ts';

/** `api`: kube-apiserver and etcd do. `controllers`: a whole cluster does. `faults`: the peer alone can be told to. */
export type Tag = 'api' | 'controllers' | 'faults';

export interface Given extends Time {
  readonly client: KubeClient;
  readonly ground: Ground;
  /** The peer, in cases that need `faults`. */
  readonly peer: KubernetesPeer | undefined;
  /** Ends the case as skipped, when it turns out that this server cannot show it. */
  readonly skip: (why: string) => never;
}

export interface Case {
  readonly title: string;
  readonly tag: Tag;
  /** What it needs besides what its tag says. */
  readonly needs: readonly Ability[];
  readonly run: (given: Given) => Promise<void>;
}

const NEEDS: Readonly<Record<Tag, readonly Ability[]>> = { api: [], controllers: ['controllers'], faults: ['faults'] };

/** A maker of cases of one tag. */
export function cases(tag: Tag): (title: string, run: Case['run'], needs?: readonly Ability[]) => Case {
  return (title, run, needs = []) => ({ title, tag, needs: [...NEEDS[tag], ...needs], run });
}
