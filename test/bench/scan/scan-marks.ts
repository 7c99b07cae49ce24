/** The settings of a made-up cluster, and its nodes with the marks that the tainter writes by them. */
import type { V1Node } from '@kubernetes/client-node';
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import { toNode } from '../../../lambdas/adapters/kubernetes/nodes.ts';
import { marking } from '../../../lambdas/core/drift/mark.ts';
import { judgeDrift } from '../../../lambdas/core/drift/drift.ts';
import { fleetNode } from '../../../lambdas/core/disruption/fleet.ts';
import type { SourceReference } from '../../../lambdas/core/aws/group.ts';
import { clusterParameter, parseClusterParameter } from '../../../lambdas/entry/configuration/configuration.ts';
import * as fleet from './scan-fleet.ts';

/** As the stack writes them, with every default but the budget, which lets a node of each group go. */
export const SETTINGS = parseConfiguration({
  clusters: [{ name: fleet.CLUSTER, groups: [{ name: fleet.groupName(0) }], budget: { nodes: 1 } }],
})
  .clusters.map(clusterParameter)
  .join('');

const { drift } = parseClusterParameter(SETTINGS);

/** The node as the tainter leaves it; one that is as its group would make it stays as it is. */
export function markedNode(index: number, state: fleet.FleetState): V1Node {
  const manifest = fleet.nodeManifest(index) as V1Node;
  if (state !== 'marked' || fleet.isCurrent(index, { state })) return manifest;
  const node = toNode(manifest);
  const verdict = judgeDrift(
    { node: fleetNode(node, { now: 0, longestCoolDownMs: 0 }), ...placeOf(index) },
    { ...factsOf(index), now: 0 },
    drift,
  );
  const patch = marking(node, verdict.kind === 'drifted' ? verdict.reasons : [], drift);
  if (patch === 'unchanged') throw new Error(`node ${node.name} of a marked fleet has not drifted`);
  Object.assign(manifest.metadata?.annotations ?? {}, patch.metadata.annotations);
  Object.assign(manifest.spec ?? {}, { taints: patch.spec.taints });
  return manifest;
}

function placeOf(index: number) {
  const group = fleet.groupName(index);
  const launchedFrom = template(index, fleet.TEMPLATE_VERSION - 1);
  const member = {
    instance: fleet.instanceId(index),
    group,
    state: 'InService',
    zone: '',
    type: fleet.TYPE,
    launchedFrom,
  };
  const launch = { overrides: [], byRequirements: false };
  return { member, group: { name: group, desired: 0, tags: {}, suspended: [], launch, members: [member] } };
}

/** What the node differs from. */
function factsOf(index: number) {
  const plan = {
    base: { ...template(index, fleet.TEMPLATE_VERSION), image: fleet.IMAGES.now },
    overrides: [],
    types: [fleet.TYPE],
    origins: [],
  };
  return { plan, launched: { image: fleet.IMAGES.before, at: 0 } };
}

function template(index: number, version: number): SourceReference & { readonly kind: 'template' } {
  return { kind: 'template', id: fleet.templateId(Math.floor(index / fleet.PER_GROUP)), version: String(version) };
}
