/** Meanings of the fields of drift and of the cluster's budget (field-meanings.ts). */
import { NO_LIMIT, type Meaning } from './meaning.ts';
import { scheduleMeanings } from './schedule-meanings.ts';

export const DRIFT_MEANINGS: Readonly<Record<string, Meaning>> = {
  'clusters[].drift': { does: 'Which nodes are out of date, and how they are marked.' },
  'clusters[].drift.enabled': { does: 'Whether nodes are compared with what their group would launch now.' },
  'clusters[].drift.ami': { does: 'Whether another AMI counts as drift.' },
  'clusters[].drift.launchTemplate': { does: 'Whether another version of the launch template counts as drift.' },
  'clusters[].drift.instanceType': { does: 'Whether another instance type counts as drift.' },
  'clusters[].drift.kubelet': { does: 'Whether a kubelet that is behind the control plane counts as drift.' },
  'clusters[].drift.maxAgeSeconds': { does: 'The age from which a node counts as drifted.', without: NO_LIMIT },
  'clusters[].drift.taint': { does: 'The taint that says that a node has drifted.' },
  'clusters[].drift.taint.key': { does: 'The key of the taint.' },
  'clusters[].drift.taint.effect': { does: 'The effect of the taint.' },
  'clusters[].drift.drainTaint': { does: 'The taint that hands a drifted node to the sweep.' },
  'clusters[].drift.drainTaint.key': { does: 'The key of the taint.' },
  'clusters[].drift.drainTaint.effect': { does: 'The effect of the taint. There is only one.' },
  'clusters[].drift.imageParameters': {
    does: 'SSM parameters from which launch templates take their image, besides those of AWS: names, ARNs, or paths that end in `*`.',
  },
  'clusters[].drift.replacementTimeoutSeconds': {
    does: 'A stop condition: a replacement, or a node of the newest image, that is not Ready after this time stops its group.',
  },
  'clusters[].drift.unhealthyLimit': {
    does: 'A stop condition: while a larger share of the nodes is not Ready, Ebb lets no further node go.',
  },
  'clusters[].drift.conditions': {
    does: 'Conditions by which a node counts as ill, and is replaced like a drifted one: of node-problem-detector, or of the node monitoring agent of EKS. Nodes that EKS repairs by itself never count: those of EKS Auto Mode, and of managed node groups with node auto repair on.',
  },
  'clusters[].drift.conditions[].type': { does: 'The type of the condition.' },
  'clusters[].drift.conditions[].status': { does: 'The status that is bad.' },
  'clusters[].drift.conditions[].seconds': { does: 'How long it must have been bad.' },
  'clusters[].drift.statusChecks': {
    does: 'Status checks of EC2 by which a node counts as ill. Only a node that is Ready is drained. By itself Auto Scaling replaces an instance that fails `system` or `instance`, unless `ReplaceUnhealthy` is suspended, and one that fails `ebs` only if the group has EBS health checks. A volume that fails on its own fails at the next node too.',
  },
  'clusters[].drift.statusChecks[].check': {
    does: 'The check: `system` is the hardware and network of AWS, `instance` what runs on the instance, `ebs` the volumes that are attached to it.',
  },
  'clusters[].drift.statusChecks[].seconds': { does: 'How long it must have been impaired.' },
  'clusters[].drift.illAtOnce': { does: 'How many nodes of each group may count as ill at once, within the budget.' },

  'clusters[].budget': {
    does: 'How many nodes may be unavailable at once, and when. It limits drift, taints and recommendations to rebalance. An Auto Scaling group that terminates an instance is not limited by it.',
  },
  'clusters[].budget.nodes': {
    does: 'How many nodes of each group may be unavailable at once. `0` lets no node go, for drift or for a taint.',
    without: 'no node for drift, one for a taint',
  },
  'clusters[].budget.cluster': {
    does: 'How many nodes of the whole cluster may be unavailable at once.',
    without: '`"10%"`',
  },
  ...scheduleMeanings('clusters[].budget'),
};
