/** What happens in the cluster, said in words: store changes turned into facts, for timelines and live views. */
import { controllerOf, type Budget, type Node, type Pod, type VolumeAttachment } from './objects.ts';
import { isReady, isTerminating } from '../world/pod-state.ts';
import { budgets, nodes, pods, volumeAttachments } from './resources.ts';
import { type Change, isOf } from './store.ts';

export type PodEvent =
  'podCreated' | 'podScheduled' | 'podReady' | 'podUnready' | 'podTerminating' | 'podStopped' | 'podGone';

export interface PodFact {
  readonly kind: PodEvent;
  /** Driven epoch milliseconds. */
  readonly at: number;
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly node: string | undefined;
  /** `ReplicaSet/web-5d57b6f59b`, the direct controller; undefined for a bare pod. */
  readonly workload: string | undefined;
}

export type Fact =
  | PodFact
  | {
      readonly kind: 'budgetAllows';
      readonly at: number;
      readonly namespace: string;
      readonly budget: string;
      readonly allowed: number;
    }
  | {
      readonly kind: 'volumeAttaching' | 'volumeAttached' | 'volumeDetaching' | 'volumeDetached';
      readonly at: number;
      readonly volume: string;
      readonly node: string;
    }
  | {
      readonly kind: 'nodeAdded' | 'nodeCordoned' | 'nodeUncordoned' | 'nodeReady' | 'nodeNotReady' | 'nodeGone';
      readonly at: number;
      readonly node: string;
    };

/** The facts of one change, in the order of a pod's life. */
export function factsOf(change: Change, at: number): Fact[] {
  if (isOf(pods, change)) return podEvents(change).map((kind) => ({ kind, at, ...describe(change.object) }));
  if (isOf(budgets, change)) return budgetFacts(change, at);
  if (isOf(volumeAttachments, change)) return volumeFacts(change, at);
  return isOf(nodes, change) ? nodeFacts(change, at) : [];
}

function describe(pod: Pod): Omit<PodFact, 'kind' | 'at'> {
  const { namespace = '', name, uid } = pod.metadata;
  const owner = controllerOf(pod);
  const workload = owner === undefined ? undefined : `${owner.kind}/${owner.name}`;
  return { namespace, pod: name, uid, node: pod.spec.nodeName, workload };
}

function podEvents({ type, object, previous }: Change<Pod>): PodEvent[] {
  if (type === 'DELETED') return ['podGone'];
  const was = (test: (pod: Pod) => boolean): boolean => previous !== undefined && test(previous);
  const steps: [PodEvent, boolean][] = [
    ['podCreated', type === 'ADDED'],
    ['podScheduled', isBound(object) && !was(isBound)],
    ['podReady', isReady(object) && !was(isReady)],
    ['podUnready', !isReady(object) && was(isReady)],
    ['podTerminating', isTerminating(object) && !was(isTerminating)],
    ['podStopped', isStopped(object) && !was(isStopped)],
  ];
  return steps.filter(([, happened]) => happened).map(([kind]) => kind);
}

function isBound({ spec }: Pod): boolean {
  return spec.nodeName !== undefined;
}

function isStopped({ status }: Pod): boolean {
  const containers = status.containerStatuses ?? [];
  return containers.length > 0 && containers.every(({ state }) => state?.terminated !== undefined);
}

function budgetFacts({ type, object, previous }: Change<Budget>, at: number): Fact[] {
  const { metadata, status } = object;
  if (type === 'DELETED' || status.disruptionsAllowed === previous?.status.disruptionsAllowed) return [];
  const { namespace = '', name: budget } = metadata;
  return [{ kind: 'budgetAllows', at, namespace, budget, allowed: status.disruptionsAllowed }];
}

function volumeFacts({ type, object, previous }: Change<VolumeAttachment>, at: number): Fact[] {
  const { spec, status, metadata } = object;
  const place = { at, volume: spec.source.persistentVolumeName ?? '', node: spec.nodeName };
  if (type === 'ADDED') return [{ kind: 'volumeAttaching', ...place }];
  if (type === 'DELETED') return [{ kind: 'volumeDetached', ...place }];
  if (status.attached && previous?.status.attached === false) return [{ kind: 'volumeAttached', ...place }];
  const began = metadata.deletionTimestamp !== undefined && previous?.metadata.deletionTimestamp === undefined;
  return began ? [{ kind: 'volumeDetaching', ...place }] : [];
}

function nodeFacts({ type, object, previous }: Change<Node>, at: number): Fact[] {
  const place = { at, node: object.metadata.name };
  if (type === 'ADDED') return [{ kind: 'nodeAdded', ...place }];
  if (type === 'DELETED') return [{ kind: 'nodeGone', ...place }];
  const facts: Fact[] = [];
  const cordoned = object.spec.unschedulable === true;
  if (cordoned !== (previous?.spec.unschedulable === true))
    facts.push({ kind: cordoned ? 'nodeCordoned' : 'nodeUncordoned', ...place });
  const ready = isNodeReady(object);
  if (previous !== undefined && ready !== isNodeReady(previous))
    facts.push({ kind: ready ? 'nodeReady' : 'nodeNotReady', ...place });
  return facts;
}

export function isNodeReady({ status }: Node): boolean {
  return status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}
