/**
 * The sweep of one cluster's nodes: restores those that bear our marks without a retirement, when their instance serves
 * again or still (contract 1.4, 1.7).
 */
import type { ClusterSettings } from '../core/cluster-settings.ts';
import { marksUnreadable } from '../core/domain-event.ts';
import type { Member } from '../core/forgotten-hook.ts';
import { decideMarks, judgeMarks, type Whereabouts } from '../core/left-marks.ts';
import type { Node } from '../core/node.ts';
import type { Home } from '../core/notice.ts';
import { restoreNode } from './isolate-node.ts';
import type { Cluster, Clusters, Groups, Instances, Journal, RunningRetirements } from './ports.ts';
import type { SweepRecord } from './sweep-record.ts';

export interface MarkSweepPorts {
  readonly clusters: Clusters;
  readonly groups: Groups;
  readonly instances: Instances;
  readonly running: RunningRetirements;
  readonly journal: Journal;
  readonly home: Home;
}

interface LeftNode {
  readonly node: string;
  readonly execution: string;
  readonly instance: string;
}

/** @throws ClusterAway, ClusterRefused */
export async function sweepMarks(cluster: ClusterSettings, record: SweepRecord, ports: MarkSweepPorts): Promise<void> {
  const api = await ports.clusters.open(cluster.name);
  const nodes = await api.retiringNodes();
  const left = nodes.length === 0 ? [] : await leftNodes(nodes, cluster, ports);
  if (left.length === 0) return;
  const members = await ports.groups.members(left.map(({ instance }) => instance));
  await Promise.all(
    left.map((one) =>
      record.attemptIn(cluster.name, async () => {
        const member = members.find(({ instance }) => instance === one.instance);
        if (await restoreIfServing(one, { member, cluster, api }, ports)) record.restored += 1;
      }),
    ),
  );
}

/** Which retirements run is asked after the nodes were read: one that began in between runs, and keeps its marks. */
async function leftNodes(nodes: readonly Node[], cluster: ClusterSettings, ports: MarkSweepPorts): Promise<LeftNode[]> {
  const running = new Set(await ports.running.names());
  return nodes.flatMap((node) => {
    const marks = judgeMarks(node, running, ports.home);
    switch (marks.kind) {
      case 'left':
        return [{ node: node.name, execution: marks.execution, instance: marks.instance }];
      case 'attended':
        return [];
      case 'unreadable':
        ports.journal.report(marksUnreadable({ cluster: cluster.name, node: node.name, reason: marks.reason }));
        return [];
    }
  });
}

/** Should another retirement have taken charge meanwhile, the marks are its own, and stay. */
async function restoreIfServing(
  { node, execution, instance }: LeftNode,
  { member, cluster, api }: { member: Member | undefined; cluster: ClusterSettings; api: Cluster },
  { instances, journal }: MarkSweepPorts,
): Promise<boolean> {
  const whereabouts: Whereabouts = member ?? { machine: await instances.machine(instance) };
  if (decideMarks(whereabouts) === 'leave') return false;
  const subject = { execution, cluster: cluster.name, group: member?.group ?? 'none', instance, node };
  return await restoreNode({ subject, node, taint: cluster.taint }, { cluster: api, journal });
}
