/** Whom pods name as their controller, and what labels they bear: their creator's words, and those of who came by. */
import type { Owner } from '../../../lambdas/core/pod.ts';
import { anOwner } from '../../given.ts';
import type { App, Claim } from './scenario.ts';
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
