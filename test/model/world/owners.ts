/**
 * Whom pods name as their controller, and what labels they bear: their creator's words, and those of who came by. And what
 * the server says of such a controller.
 */
import {
  controllerFrom,
  controllerRequest,
  type Controller,
  type ControllerAnswer,
} from '../../../lambdas/core/kubernetes/controller.ts';
import type { Owner, Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { NamespacePod } from '../../../lambdas/core/kubernetes/siblings.ts';
import { anOwner } from '../../given.ts';
import type { App, Claim } from '../run/scenario.ts';
import type { ModelPod } from './workloads.ts';

const API_VERSIONS: Readonly<Partial<Record<App['kind'], string>>> = {
  Job: 'batch/v1',
  CloneSet: 'apps.kruise.io/v1alpha1',
};

const CLAIMS: Readonly<Record<Claim, Partial<Owner>>> = {
  'a subresource': { kind: 'ReplicaSet', name: 'web/scale' },
  'another folder': { kind: 'StatefulSet', name: '../../pods/web' },
  'a kind of another group': { kind: 'ReplicaSet', apiVersion: 'evil.example/v1' },
  'a Job of another group': { kind: 'Job', apiVersion: 'evil.example/v1' },
  'a word of JavaScript': { kind: '__proto__', apiVersion: 'constructor' },
  'one that is gone': { kind: 'ReplicaSet' },
  "another controller's uid": {
    kind: 'ReplicaSet',
    name: 'app0',
    uid: anOwner({ kind: 'ReplicaSet', name: 'app0' }).uid,
  },
};

/** Its controller's reference in the pods of an app. */
export function ownerOf(name: string, { kind, claims }: App): Owner {
  if (claims !== undefined) return anOwner({ name, uid: `uid of ${claims} ${name}`, ...CLAIMS[claims] });
  return anOwner({ kind, apiVersion: API_VERSIONS[kind] ?? 'apps/v1', name });
}

/** Whether a controller makes a pod again while the old one stops; a StatefulSet waits until the name is free. */
export function isReplacedAtOnce({ kind }: App): boolean {
  return kind !== 'StatefulSet' && kind !== 'bare';
}

/** One that nobody makes again. */
export function withoutOwner(pod: Pod): Pod {
  const bare = { ...pod };
  Reflect.deleteProperty(bare, 'owner');
  return bare;
}

/** What differs among an app's pods: since Kubernetes 1.35 their zone does. The node is in zone a. */
export function labelsOf(
  { labels }: App,
  { name, number, place }: { name: string; number: number; place: ModelPod['place'] },
): Record<string, string> {
  switch (labels) {
    case 'zones': {
      const zone = place === 'elsewhere' ? (number % 2 === 0 ? 'b' : 'c') : 'a';
      return { 'topology.kubernetes.io/region': 'eu-central-1', 'topology.kubernetes.io/zone': `eu-central-1${zone}` };
    }
    case 'one by hand':
      return number % 3 === 1 ? { debug: 'yes' } : {};
    case 'each its own':
      return { 'shop/pod': name };
    case undefined:
      return {};
  }
}

/** Reads the controller that a pod names, as far as it may be asked for. */
export function readController(owner: Owner, apps: ReadonlyMap<string, App>): Controller {
  const request = controllerRequest(owner);
  return 'unknown' in request
    ? { owner, ...request }
    : controllerFrom(owner, answerTo({ kind: request.kind, name: owner.name }, apps));
}

function answerTo({ kind, name }: Pick<Owner, 'kind' | 'name'>, apps: ReadonlyMap<string, App>): ControllerAnswer {
  const app = apps.get(name);
  if (app?.kind !== kind) return { missing: true };
  if (app.unreadable) return { refused: `${kind} "${name}" is forbidden: User "ebb" cannot get resource` };
  const { uid } = ownerOf(name, app);
  return { found: { uid, replicas: app.here + app.elsewhere, selector: { matchLabels: { app: name } } } };
}

/** By pod: each stands for one moment. */
const namespacePods = new WeakMap<Pod, NamespacePod>();

/** As one of its namespace's, to its controller. */
export function namespacePodOf(pod: Pod): NamespacePod {
  const known = namespacePods.get(pod);
  if (known !== undefined) return known;
  const { uid, labels, owner, ready, deletingUntil } = pod;
  const reason = deletingUntil === undefined ? 'not ready' : 'being deleted';
  const found: NamespacePod = {
    uid,
    labels,
    ...(owner && { ownerUid: owner.uid }),
    readiness: ready && deletingUntil === undefined ? 'ready' : { pod: `shop/${pod.name}`, uid, reason },
  };
  namespacePods.set(pod, found);
  return found;
}
