/**
 * Pods that have left the nodes of a batch, by their controllers: before anything more begins, as many of them must be Ready
 * as were when the batch began (contract 10.2). Pure.
 */
import * as z from 'zod/mini';
import { controllerRequest } from '../kubernetes/controller.ts';
import { isBeingDeleted, ownerKey, type Owner, type Pod } from '../kubernetes/pod.ts';

export const movedControllerSchema = z.object({
  kind: z.string(),
  apiVersion: z.string(),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  /** How many of its pods were Ready when the batch began. */
  ready: z.int(),
});

/** A controller with Ready pods on a node of the batch. */
export type MovedController = Readonly<z.output<typeof movedControllerSchema>>;

/** A controller's own count of its pods. */
export interface Replicas {
  /** Number of pods that it should have. */
  readonly wanted: number;
  readonly ready: number;
}

/** The most controllers that are remembered of a batch: each round keeps them, and what a run keeps is bounded (platform 2.4). */
export const MOST_CONTROLLERS = 100;

/**
 * The controllers whose pods are waited for: those of Ready pods that a controller makes anew elsewhere. Pods of DaemonSets
 * stay, Jobs are to finish, and mirror pods have no controller; Ebb does not know the replicas of other kinds.
 */
export function movingControllers(pods: readonly Pod[]): readonly Owner[] {
  const owners = new Map<string, Owner>();
  for (const pod of pods) {
    const { owner, ready } = pod;
    if (owner === undefined || !ready || isBeingDeleted(pod)) continue;
    if ('kind' in controllerRequest(owner)) owners.set(ownerKey(owner), owner);
  }
  return [...owners.values()].slice(0, MOST_CONTROLLERS);
}

/** A controller that has fewer Ready pods than are waited for. */
export interface AwaitedController {
  readonly controller: MovedController;
  readonly ready: number;
  readonly target: number;
}

/** @param replicasOf undefined when the controller has gone: then its pods are not waited for */
export function awaitedControllers(
  moved: readonly MovedController[],
  replicasOf: (controller: MovedController) => Replicas | undefined,
): readonly AwaitedController[] {
  return moved.flatMap((controller) => {
    const replicas = replicasOf(controller);
    if (replicas === undefined) return [];
    // One that was made smaller meanwhile has fewer.
    const target = Math.min(controller.ready, replicas.wanted);
    return replicas.ready < target ? [{ controller, ready: replicas.ready, target }] : [];
  });
}

/** `ReplicaSet shop/web-7d9f has 2 of 3 pods Ready` */
export function awaitedWords({ controller: { kind, namespace, name }, ready, target }: AwaitedController): string {
  return `${kind} ${namespace}/${name} has ${ready} of ${target} pods Ready`;
}
