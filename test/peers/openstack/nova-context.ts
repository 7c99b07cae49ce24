/** What a route of Nova's is given: who asks, and in which version. */
import type { Context } from 'hono';
import type { Token } from './cloud.ts';
import { forbidden } from './nova-error.ts';

export interface NovaEnv {
  Variables: { token: Token; minor: number };
}

export type NovaContext = Context<NovaEnv>;

export function isAdmin({ user, project }: Token): boolean {
  return user.roles.get(project.id)?.includes('admin') === true;
}

export function mustBeAdmin(context: NovaContext, policy: string): void {
  if (!isAdmin(context.get('token'))) throw forbidden(policy);
}
