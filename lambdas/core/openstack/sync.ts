/**
 * Decides what the sync does with each compute host (contract 11.4): the service of a cordoned node is disabled and its host
 * evacuated; that of a node that is cordoned no more is enabled, if and only if this installation has disabled it.
 */
import type { Node } from '../kubernetes/node.ts';
import { RETIRING_LABEL } from '../node/marks.ts';
import { isDisabledByUs, serviceOf, type ComputeService } from './compute-service.ts';

export interface SyncStep {
  readonly node: string;
  readonly service: ComputeService;
  readonly action: 'evacuate' | 'enable' | 'none';
}

export interface SyncPlan {
  readonly steps: readonly SyncStep[];
  /** What a person must correct: such nodes are left alone. */
  readonly faults: readonly string[];
}

type SyncedNode = Pick<Node, 'name' | 'labels' | 'annotations' | 'unschedulable'>;

/** @param isEvacuating whether an evacuation of that node, or of its host, runs now */
export function planSync(
  nodes: readonly SyncedNode[],
  services: readonly ComputeService[],
  { installation, isEvacuating }: { installation: string; isEvacuating: (node: string, host: string) => boolean },
): SyncPlan {
  const found = nodes.map((node) => ({ node, service: serviceOf(node, services) }));
  const missing = found.flatMap(({ service }) => (service.kind === 'missing' ? [service.reason] : []));
  const hosts = found.flatMap(({ node, service }) =>
    service.kind === 'found' ? [{ node, service: service.service }] : [],
  );
  const byHost = Map.groupBy(hosts, ({ service }) => service.host);
  const shared = [...byHost].filter(([, those]) => those.length > 1);
  return {
    steps: hosts
      .filter(({ service }) => byHost.get(service.host)?.length === 1)
      .map(({ node, service }) => ({
        node: node.name,
        service,
        action: isEvacuating(node.name, service.host) ? 'none' : actionFor(node, service, installation),
      })),
    faults: [
      ...missing,
      // A short name may fit the nodes of two racks, and only one of them is the host.
      ...shared.map(
        ([host, those]) =>
          `compute host ${host} fits the nodes ${those.map(({ node }) => node.name).join(', ')}: name the host of each in its annotation ebb/nova-host`,
      ),
    ],
  };
}

/** A node that is being retired is its retirement's: that evacuates it, and enables its service if it is restored. */
function actionFor(node: SyncedNode, service: ComputeService, installation: string): SyncStep['action'] {
  if (node.labels[RETIRING_LABEL] !== undefined) return 'none';
  if (node.unschedulable) return service.isEnabled ? 'evacuate' : 'none';
  return isDisabledByUs(service, installation) ? 'enable' : 'none';
}
