/** Starts evacuations: named durable executions of the evacuation function. */
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { Evacuations } from '../../workflow/ports/openstack.ts';
import { startRun } from './retirements.ts';

/** @param functionArn qualified by an alias or version, as durable functions must be invoked */
export function evacuations(client: LambdaClient, functionArn: string): Evacuations {
  return { start: (name, payload) => startRun(client, functionArn, { name, payload }) };
}
