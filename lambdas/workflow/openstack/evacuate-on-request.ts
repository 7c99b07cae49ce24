/** What the evacuation function does with its payload: a request with faults is answered, and nothing is done. */
import { parseEvacuationRequest } from '../../core/openstack/evacuation-request.ts';
import { runEvacuation, type EvacuationResult, type RunPorts } from './run-evacuation.ts';

export type EvacuationAnswer = EvacuationResult | { readonly result: 'refused'; readonly faults: readonly string[] };

/** @param payload a request as a person writes it (contract 11.4) */
export async function evacuateOnRequest(
  payload: unknown,
  execution: string,
  ports: RunPorts,
): Promise<EvacuationAnswer> {
  const parsed = parseEvacuationRequest(payload);
  if ('faults' in parsed) return { result: 'refused', faults: parsed.faults };
  return await runEvacuation(parsed.request, execution, ports);
}
