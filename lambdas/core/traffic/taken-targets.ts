/**
 * Taken targets: the targets that a voluntary retirement takes its node out of (contract 5.4). An annotation names them
 * before they are deregistered, so that they can be put back even if the run dies. What was done is in withdrawal.ts.
 * Pure.
 */
import { type NodePatch, nodePatch, readMark, TARGETS_ANNOTATION } from '../node/marks.ts';
import * as z from 'zod/mini';
import type { Node } from '../kubernetes/node.ts';
import type { Registration, TargetPool } from './target-pool.ts';
import { poolSchema } from './withdrawal.ts';

const registrationSchema = z.object({
  id: z.string(),
  port: z.exactOptional(z.int()),
  zone: z.exactOptional(z.string()),
  serverId: z.exactOptional(z.string()),
});

const takenSchema = z.array(z.object({ pool: poolSchema, targets: z.array(registrationSchema) }));

/** Targets of a node in one balancer pool. */
export interface Taken {
  readonly pool: TargetPool;
  readonly targets: readonly Registration[];
}

/** Whether Ebb puts targets of the pool back. A controller puts its own back; the pods of addresses have gone. */
export function isOursToPutBack({ by, controlled }: TargetPool): boolean {
  return by === 'instance' && !controlled;
}

/** Reads the taken targets; none when Ebb cannot read the annotation. */
export function takenFrom(node: Pick<Node, 'annotations'>): readonly Taken[] {
  return readTaken(node) ?? [];
}

/** Whether the annotation is absent, or can be read. */
export function isReadable(node: Pick<Node, 'annotations'>): boolean {
  return readTaken(node) !== undefined;
}

function readTaken(node: Pick<Node, 'annotations'>): readonly Taken[] | undefined {
  return TARGETS_ANNOTATION in node.annotations ? readMark(node, TARGETS_ANNOTATION, takenSchema) : [];
}

/** The patch that adds taken targets to the annotation. Earlier ones stay, and so do those of an earlier run. */
export function taking(node: Node, taken: Taken): NodePatch | 'unchanged' {
  const said = takenFrom(node);
  const before = said.find(({ pool }) => pool.id === taken.pool.id)?.targets ?? [];
  const added = taken.targets.filter((target) => !before.some((other) => isSame(target, other)));
  if (added.length === 0) return 'unchanged';
  const others = said.filter(({ pool }) => pool.id !== taken.pool.id);
  const text = JSON.stringify([...others, { pool: taken.pool, targets: [...before, ...added.map(registration)] }]);
  return nodePatch(node, { annotations: { [TARGETS_ANNOTATION]: text } });
}

function isSame(one: Registration, other: Registration): boolean {
  return one.id === other.id && one.port === other.port;
}

/** Copies a registration without the health of the target. */
function registration({ id, port, zone, serverId }: Registration): Registration {
  return {
    id,
    ...(port !== undefined && { port }),
    ...(zone !== undefined && { zone }),
    ...(serverId !== undefined && { serverId }),
  };
}
