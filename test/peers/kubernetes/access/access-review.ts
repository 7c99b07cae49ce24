/** SelfSubjectAccessReview: a user asks what it may do, and gets the verdict that its request would get. */
import type { KubeObject, Manifest } from '../storage/objects.ts';
import { judge, judgePath, type User, type Verdict } from './rbac.ts';
import { accessReviews } from '../storage/resources.ts';
import { invalid } from '../api/status.ts';
import type { ObjectStore } from '../storage/store.ts';

interface ReviewSpec {
  resourceAttributes?: {
    verb?: string;
    group?: string;
    resource?: string;
    subresource?: string;
    namespace?: string;
    name?: string;
  };
  nonResourceAttributes?: { path?: string; verb?: string };
}

const NOTHING = { verb: '', group: '', resource: '', subresource: '', namespace: undefined, name: '' };

/** The review with its status; nothing is stored. Refuses with 422 when it asks for nothing, or for two things. */
export function reviewAccess(store: ObjectStore, user: User, sent: Manifest): KubeObject {
  const spec = (sent.spec ?? {}) as ReviewSpec;
  const { allowed, reason } = decide(store, user, spec);
  const status = { allowed, ...(reason === '' ? {} : { reason }) };
  const { apiVersion, kind } = sent;
  const metadata = { creationTimestamp: null } as unknown as KubeObject['metadata'];
  return { apiVersion, kind, metadata, spec, status };
}

function decide(store: ObjectStore, user: User, spec: ReviewSpec): Verdict {
  const { resourceAttributes, nonResourceAttributes } = spec;
  if (resourceAttributes !== undefined && nonResourceAttributes === undefined)
    return judge(store, user, { ...NOTHING, ...resourceAttributes });
  if (nonResourceAttributes !== undefined && resourceAttributes === undefined)
    return judgePath(store, user, { verb: '', path: '', ...nonResourceAttributes });
  throw ambiguous();
}

function ambiguous() {
  const message = 'Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified';
  const causes = [{ reason: 'FieldValueInvalid', message, field: 'spec.resourceAttributes' }];
  return invalid(accessReviews, '', causes);
}
