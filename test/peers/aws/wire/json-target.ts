/** Routing of awsJson1.x: the action is in `X-Amz-Target`, the parameters are the body. */
import type { WireRequest } from './request.ts';
import type { Route } from './service.ts';

/** @param prefix what stands before the dot, such as `AmazonSSM`. */
export function jsonRoute(request: WireRequest, prefix: string): Route | undefined {
  const [found, action] = (request.headers['x-amz-target'] ?? '').split('.');
  if (found !== prefix || action === undefined) return undefined;
  return { action, parameters: JSON.parse(request.body.toString() || '{}') as unknown };
}
