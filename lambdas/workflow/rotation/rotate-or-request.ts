/** What the rotation function does with its payload: an order is carried out, a request is made an order first. */
import { rotationName, rotationOrderSchema } from '../../core/rotation/rotation-order.ts';
import { parseRotationRequest } from '../../core/rotation/rotation-request.ts';
import type { RotationHistory } from '../ports/rotation.ts';
import { orderRotation } from './order-rotation.ts';
import { rotateCluster, type Rotated, type RotationPorts } from './rotate-cluster.ts';

export interface RotationRequestPorts extends RotationPorts {
  readonly history: RotationHistory;
}

/** `requested`: a run of its own carries the rotation out; `refused`: the request has faults. */
export type RotationAnswer =
  | Rotated
  | { readonly result: 'requested'; readonly rotation: string; readonly execution: string }
  | { readonly result: 'refused'; readonly faults: readonly string[] };

/** @param payload an order, or a request as a person writes it (contract 10.1) */
export async function rotateOrRequest(payload: unknown, ports: RotationRequestPorts): Promise<RotationAnswer> {
  const order = rotationOrderSchema.safeParse(payload);
  if (order.success) return await rotateCluster(order.data, ports);
  const parsed = parseRotationRequest(payload);
  if ('faults' in parsed) return { result: 'refused', faults: parsed.faults };
  return await ports.run.step('request', async () => {
    const made = await orderRotation(parsed.request, ports);
    if ('faults' in made) return { result: 'refused', faults: made.faults };
    const execution = rotationName(made.order, ports.home);
    await ports.rotations.start(execution, made.order);
    return { result: 'requested', rotation: made.order.id, execution };
  });
}
