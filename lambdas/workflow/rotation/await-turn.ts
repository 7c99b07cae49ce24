/** The nodes of a batch are drained one after the other, although their replacements come at the same time (contract 10.2). */
import { ownershipOf } from '../../core/node/isolation.ts';
import { instanceOf, type Node } from '../../core/kubernetes/node.ts';
import { neighboursIn, type BatchPlace } from '../../core/notice/retirement-terms.ts';
import { cancellationOf, type Cancellation } from '../retirement/slot-contenders.ts';
import type { Order } from '../retirement/retirement.ts';
import type { Stage } from '../run/stage.ts';

/** Waits until the nodes before it in its batch are drained or given up, and for the pause after that. */
export function turnStage(
  order: Order,
  { node, place }: { node: string; place: BatchPlace },
): Stage<Cancellation, { freeSince?: number }> {
  const { cluster, notice, ports } = order;
  const { before: earlier } = neighboursIn(place, notice.instance);
  return {
    name: 'turn',
    memory: {},
    async pass({ freeSince: before }) {
      const api = await ports.clusters.open(cluster);
      const retiring = await api.retiringNodes();
      const others = cancellationOf(order, retiring, node);
      if (others !== undefined) return { state: 'done', value: others };
      const waitingFor = retiring.filter((each) => isUndrained(each, earlier)).map(({ name }) => name);
      if (waitingFor.length > 0) return { state: 'waiting', memory: {}, waitingFor };
      const freeSince = before ?? Date.now();
      const dueAt = freeSince + place.pauseSeconds * 1000;
      if (Date.now() >= dueAt) return { state: 'done', value: {} };
      return { state: 'waiting', memory: { freeSince }, waitingFor: ['the pause between drains'], dueAt };
    },
  };
}

/** Whether the node is one of these, and is not drained yet. */
function isUndrained(node: Node, instances: readonly string[]): boolean {
  const { completesHook, leftDrained } = ownershipOf(node) ?? {};
  return instances.includes(instanceOf(node) ?? '') && completesHook !== true && leftDrained !== true;
}
