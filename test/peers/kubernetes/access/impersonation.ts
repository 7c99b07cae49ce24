/** Acting as somebody else (`Impersonate-User`, `Impersonate-Group`), for whoever has the verb `impersonate`. */
import type { IncomingMessage } from 'node:http';

import { withAuthenticated } from './authentication.ts';
import { type Attributes, judge, type User } from './rbac.ts';
import { forbiddenImpersonation, impersonationWithoutUser } from './access-refusals.ts';
import type { ObjectStore } from '../storage/store.ts';

/** The user that a request is handled as: its own, or the one that its headers name. Refuses with 403 and 500. */
export function actingUser(store: ObjectStore, user: User, { headersDistinct }: IncomingMessage): User {
  const [username] = headersDistinct['impersonate-user'] ?? [];
  const groups = headersDistinct['impersonate-group'] ?? [];
  if (username === undefined) {
    if (groups.length > 0) throw impersonationWithoutUser();
    return user;
  }
  const wanted = [{ resource: 'users', name: username }, ...groups.map((name) => ({ resource: 'groups', name }))];
  for (const { resource, name } of wanted)
    if (!judge(store, user, impersonate(resource, name)).allowed)
      throw forbiddenImpersonation(resource, name, user.username);
  return withAuthenticated({ username, groups });
}

function impersonate(resource: string, name: string): Attributes {
  return { verb: 'impersonate', group: '', resource, subresource: '', namespace: undefined, name };
}
