/**
 * Sweeps one cluster's nodes for orphaned marks: restores a node that bears our marks without a retirement, when its
 * instance serves again or still (contract 1.4, 1.7).
 */
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { drainTaint } from '../../core/node/drain-taints.ts';
import { marksUnreadable } from '../../core/events/fleet-events.ts';
import { NO_GROUP, type Member } from '../../core/aws/group.ts';
import { decideMarks, judgeMarks, unreadableNotes, type Whereabouts } from '../../core/node/orphaned-marks.ts';
import { nodeOfBareMachine, type Node } from '../../core/kubernetes/node.ts';
import type { Home } from '../../core/notice/notice.ts';
import { rowOf } from '../../core/notice/kinds.ts';
import { restoreNode } from '../node/isolate-node.ts';
import type { Groups } from '../ports/auto-scaling.ts';
import type { Instances } from '../ports/ec2.ts';
import type { Cluster } from '../ports/kubernetes.ts';
import type { LoadBalancing } from '../ports/load-balancing.ts';
import type { RunningRetirements } from '../ports/lambda.ts';
import type { Journal } from '../ports/journal.ts';
import { registerAgain, reportUnregistered } from '../traffic/restorable-targets.ts';
import type { SweepRecord } from './sweep-record.ts';

export interface MarkSweepPorts {
  readonly groups: Groups;
  readonly instances: Instances;
  readonly balancing: LoadBalancing;
  readonly running: RunningRetirements;
  readonly journal: Journal;
  readonly home: Home;
}

interface Orphan {
  readonly node: string;
  readonly execution: string;
  readonly instance: string;
  /** The kind of its notice. */
  readonly by: string;
}

/**
 * @param nodes the nodes that bear our label
 * @throws ClusterAway, ClusterRefused
 */
export async function sweepMarks(
  nodes: readonly Node[],
  { cluster, api }: { cluster: ClusterSettings; api: Cluster },
  record: SweepRecord,
  ports: MarkSweepPorts,
): Promise<void> {
  const orphaned = nodes.length === 0 ? [] : await orphansIn(nodes, cluster, ports);
  if (orphaned.length === 0) return;
  const onEc2 = orphaned.filter(({ instance }) => nodeOfBareMachine(instance) === undefined);
  const members = await ports.groups.members(onEc2.map(({ instance }) => instance));
  await Promise.all(
    orphaned.map((one) =>
      record.attemptIn(cluster.name, async () => {
        const member = members.find(({ instance }) => instance === one.instance);
        if (await restoreIfServing(one, { member, cluster, api }, ports)) record.restored += 1;
      }),
    ),
  );
}

/** Reports annotations that nobody acts on, because they cannot be read or cannot be true. */
export function reportUnreadable(nodes: readonly Node[], { name, tainted }: ClusterSettings, journal: Journal): void {
  const at = { now: Date.now(), longestCoolDownMs: tainted.retryAfterSeconds * 1000 };
  for (const node of nodes) {
    const unreadable = unreadableNotes(node, at);
    if (unreadable.length === 0) continue;
    const reason = `its annotation ${unreadable.join(' and ')} is not as we write it, and is not acted on`;
    journal.report(marksUnreadable({ cluster: name, node: node.name, reason }));
  }
}

/** Lists the running retirements after the nodes were read: one that began in between runs, and keeps its marks. */
async function orphansIn(nodes: readonly Node[], cluster: ClusterSettings, ports: MarkSweepPorts): Promise<Orphan[]> {
  const running = new Set(await ports.running.names());
  return nodes.flatMap((node) => {
    const isAsked = drainTaint(node, cluster) !== undefined;
    const marks = judgeMarks(node, running, { home: ports.home, isAsked, now: Date.now() });
    switch (marks.kind) {
      case 'left':
        return [{ node: node.name, execution: marks.execution, instance: marks.instance, by: marks.by }];
      case 'attended':
        return [];
      case 'unreadable':
        ports.journal.report(marksUnreadable({ cluster: cluster.name, node: node.name, reason: marks.reason }));
        return [];
    }
  });
}

/** Restores the node if its instance serves. Marks of a retirement that has become the owner meanwhile stay. */
async function restoreIfServing(
  { node, execution, instance, by }: Orphan,
  { member, cluster, api }: { member: Member | undefined; cluster: ClusterSettings; api: Cluster },
  { instances, balancing, journal }: MarkSweepPorts,
): Promise<boolean> {
  const whereabouts = await whereaboutsOf({ instance, by, member }, instances);
  if (decideMarks(whereabouts) === 'leave') return false;
  const subject = { execution, cluster: cluster.name, group: member?.group ?? NO_GROUP, instance, node };
  // The targets come before the marks: if this sweep dies in between, the next one still finds the node.
  const { faults } = await registerAgain({ subject, node }, { cluster: api, balancing, journal });
  reportUnregistered(subject, faults, journal);
  return await restoreNode({ subject, node, taint: cluster.taint }, { cluster: api, journal });
}

async function whereaboutsOf(
  { instance, by, member }: Pick<Orphan, 'instance' | 'by'> & { readonly member: Member | undefined },
  instances: Pick<Instances, 'machine'>,
): Promise<Whereabouts> {
  if (nodeOfBareMachine(instance) !== undefined) return { machine: 'up' };
  // Auto Scaling is late to see that an instance has stopped: EC2 is asked where a notice has said so.
  const isAsked = member === undefined || rowOf(by)?.restore === 'running';
  const machine = isAsked ? await instances.machine(instance) : undefined;
  return { ...member, ...(machine && { machine }) };
}
