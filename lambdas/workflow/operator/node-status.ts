/** Tells what Ebb does with a node: its marks, whether a retirement has it in hand, its cool-down, and its last one. */
import { instanceOf, type Node } from '../../core/kubernetes/node.ts';
import { credibleOwnership } from '../../core/node/credible-ownership.ts';
import * as marks from '../../core/node/marks.ts';
import { executionsOf } from '../../core/notice/notice.ts';
import type { NodeStatus, Outcome } from '../../core/operator/outcome.ts';
import { findNode, type FoundNode } from './find-node.ts';
import type { OperatorPorts } from './operator-ports.ts';

/** How long AWS keeps a retirement that has ended, milliseconds. */
const KEPT_MS = 14 * 24 * 3_600_000;

/** @throws ClusterAway, ClusterRefused */
export async function nodeStatus(
  wanted: { readonly node: string; readonly cluster?: string | undefined },
  ports: OperatorPorts,
): Promise<Outcome<NodeStatus>> {
  const found = await findNode(wanted, ports);
  if ('faults' in found) return found;
  const { node, cluster } = found;
  const instance = instanceOf(node);
  const group = instance && (await ports.lifecycle.membership(instance))?.group;
  const answer = {
    node: node.name,
    cluster: cluster.name,
    ...(instance !== undefined && { instance }),
    ...(group !== undefined && { group }),
    unschedulable: node.unschedulable,
    ready: node.notReadySince === undefined,
    marks: marksOf(node),
    ...ofFleet(found),
    ...(instance !== undefined && (await retirements(node, instance, ports))),
  };
  return { kind: 'done', answer };
}

/** Every label and annotation of Ebb's that the node has. */
function marksOf({ labels, annotations }: Node): Record<string, string> {
  const keys = new Set<unknown>(Object.values(marks));
  return Object.fromEntries(Object.entries({ ...labels, ...annotations }).filter(([key]) => keys.has(key)));
}

function ofFleet({ seen: { owner, coolDown } }: FoundNode): Pick<NodeStatus, 'owner' | 'coolDown'> {
  return {
    ...(owner !== undefined && { owner }),
    ...(coolDown && { coolDown: { until: new Date(coolDown.until).toISOString(), reason: coolDown.reason } }),
  };
}

async function retirements(
  node: Node,
  instance: string,
  { running, retirementHistory, results, home }: OperatorPorts,
): Promise<Pick<NodeStatus, 'retirement' | 'lastRetirement'>> {
  const now = Date.now();
  const ours = executionsOf({ ...home, instance });
  const runs = (await running.names()).filter((name) => name.startsWith(ours));
  const owner = credibleOwnership(node, now);
  // One that has just begun has not marked its node yet.
  const retirement = owner
    ? {
        execution: owner.execution,
        kind: owner.kind,
        running: runs.includes(owner.execution),
        since: owner.since,
        deadline: owner.deadline,
        ...(owner.leftDrained && { leftDrained: true }),
      }
    : runs.slice(0, 1).map((execution) => ({ execution, running: true }))[0];
  const last = (await retirementHistory.ended(now - KEPT_MS)).find(({ name }) => name.startsWith(ours));
  return {
    ...(retirement && { retirement }),
    ...(last && {
      lastRetirement: {
        execution: last.name,
        startedAt: new Date(last.startedAt).toISOString(),
        endedAt: new Date(last.endedAt).toISOString(),
        succeeded: last.succeeded,
        ...(await results.resultOf(last.name)),
      },
    }),
  };
}
