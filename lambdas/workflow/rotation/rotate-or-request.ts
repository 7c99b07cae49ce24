/** What the rotation function does with its payload: an order is carried out, a request is made an order first. */
import { rotationFinished } from '../../core/events/rotation-events.ts';
import { isBefore, rotationName, rotationOrderSchema, type RotationOrder } from '../../core/rotation/rotation-order.ts';
import { parseRotationRequest } from '../../core/rotation/rotation-request.ts';
import type { RotationHistory } from '../ports/rotation.ts';
import { orderRotation } from './order-rotation.ts';
import { rotateCluster, type Rotated, type RotationPorts } from './rotate-cluster.ts';

export interface RotationRequestPorts extends RotationPorts {
  readonly history: Pick<RotationHistory, 'last' | 'running'>;
}

/** `requested`: a run of its own carries the rotation out; `refused`: the request has faults. */
export type RotationAnswer =
  | Rotated
  | { readonly result: 'requested'; readonly rotation: string; readonly execution: string }
  | { readonly result: 'refused'; readonly faults: readonly string[] };

/** @param payload an order, or a request as a person writes it (contract 10.1) */
export async function rotateOrRequest(payload: unknown, ports: RotationRequestPorts): Promise<RotationAnswer> {
  const order = rotationOrderSchema.safeParse(payload);
  if (order.success) return (await givesWay(order.data, ports)) ?? (await rotateCluster(order.data, ports));
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

/** Ends a rotation that gives way: two were asked for at the same time, and neither request has seen the other's run. */
async function givesWay(order: RotationOrder, ports: RotationRequestPorts): Promise<Rotated | undefined> {
  const { id, part, request } = order;
  if (part > 1 || request.dryRun) return undefined;
  const { first } = await ports.run.step('look-for-others', async () => {
    const others = await ports.history.running(request.cluster);
    const [before] = others.filter((other) => isBefore(other.order, order));
    return before === undefined ? {} : { first: before.order.id };
  });
  if (first === undefined) return undefined;
  const reason = `cluster: rotation ${first} of ${request.cluster} was asked for first, and runs: stop it, or wait for its end`;
  const end = { result: 'refused', reason } as const;
  const progress = { groups: [] };
  await ports.run.step('give-way', () => {
    ports.journal.report(rotationFinished({ rotation: id, cluster: request.cluster }, end, progress));
    return Promise.resolve(null);
  });
  return { ...end, progress };
}
