/** What a cluster says to whoever would send a pod away, in the words of real servers; what they mean is the adapter's to say. */
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import { evictionAnswer } from '../../../lambdas/adapters/kubernetes/eviction-answer.ts';
import type { EvictionAnswer } from '../../../lambdas/core/drain/eviction-ask.ts';
import type { DenialBy } from '../run/scenario.ts';

type Words = (pod: string) => readonly [code: number, message: string];

const DENIALS: Readonly<Record<DenialBy | 'authorizer', Words>> = {
  webhook: () => [400, 'admission webhook "guard.example.com" denied the request: not now'],
  'webhook with a 403': () => [403, 'admission webhook "guard.example.com" denied the request: not you'],
  policy: (pod) => [
    422,
    `pods "${pod}" is forbidden: ValidatingAdmissionPolicy 'calm' with binding 'calm' denied request: nobody leaves`,
  ],
  plugin: (pod) => [
    403,
    `pods "${pod}" is forbidden: exceeded quota: few, requested: pods=1, used: pods=1, limited: pods=1`,
  ],
  'what takes it for malformed': () => [400, 'the name of the object does not match the name on the URL'],
  'what has no such verb': () => [405, 'the server does not allow this method on the requested resource'],
  'what cannot read it': () => [415, 'the body of the request was in an unknown format'],
  'what finds it invalid': (pod) => [422, `Pod "${pod}" is invalid: metadata.uid: Invalid value`],
  authorizer: (pod) => [
    403,
    `pods "${pod}" is forbidden: User "ebb" cannot create resource "pods/eviction" in API group "" in the namespace "shop"`,
  ],
};

/** @throws ClusterRefused when it is all of the cluster that refuses us */
export function denialOf(by: DenialBy | 'authorizer', pod: string): Promise<EvictionAnswer> {
  const [code, message] = DENIALS[by](pod);
  const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code });
  return evictionAnswer(Promise.reject(new ApiException(code, 'Unknown API Status Code!', body, {})));
}
