/** Tells the two API versions of Elastic Load Balancing apart, which share endpoint and signing name. */
import { z } from 'zod';
import { readForm } from '../../wire/form.ts';
import type { WireRequest } from '../../wire/request.ts';
import type { Route } from '../../wire/service.ts';
import type { ApiVersion } from '../rate-limits.ts';

/** Undefined when the request is of another version. */
export function formRoute(request: WireRequest, version: ApiVersion): Route | undefined {
  const parameters = readForm(request.body.toString());
  const { Action, Version } = z.object({ Action: z.string(), Version: z.string() }).parse(parameters);
  return Version === version ? { action: Action, parameters } : undefined;
}
