/** What each field of a request to the operator means, for the API's document. Its rule and default are in its schema. */

const EVICTIONS = 'Seconds between two evictions on one node.';
const GRACE = 'Grace of every pod, seconds, in place of its own. Left out: what the cluster’s settings say.';
const RETRIES = 'How often a drain is tried again after its first ten minutes. After that the node is put back.';
const FORCE = 'Whether pods are deleted past their budgets when the time for a drain is up.';

export const ROTATION_MEANINGS: Readonly<Record<string, string>> = {
  cluster: 'The cluster whose nodes are replaced.',
  groups: 'The groups that are rotated. Left out: every group of the cluster.',
  only: 'Which nodes are old: all, or those that differ from what their group would launch now.',
  maxSurge: 'How many nodes of a group of workers are replaced at once.',
  rotateControlPlane: 'Whether groups of the control plane are rotated, one node at a time and first.',
  rotateWorkers: 'Whether the other groups are rotated.',
  maxDrainRetries: RETRIES,
  gracePeriod: GRACE,
  pauseBetweenBatches: 'Seconds from the end of a batch to the next.',
  pauseBetweenDrains: 'Seconds from the end of a drain to the next of the same batch.',
  pauseBetweenEvictions: EVICTIONS,
  podsReadyTimeout:
    'Seconds for which pods of a batch’s nodes may take to be Ready elsewhere; then the rotation ends. 0: no wait for them.',
  alarmNames: 'CloudWatch alarms that must not be in ALARM when a batch begins.',
  maxFailures: 'The number of nodes that cannot be replaced that ends the rotation.',
  force: FORCE,
  dryRun: 'Whether only to plan: the status of the rotation then tells what it would do.',
};

export const NODE_MEANINGS: Readonly<Record<string, string>> = {
  cluster: 'The cluster that has the node. Left out: the only configured cluster that has it.',
  node: 'The node.',
  instance: 'Its instance, in place of the node.',
  detach: 'Whether its group lets the instance go first, so that a replacement is Ready before the node is drained.',
  terminate: 'Whether its instance is terminated after the drain. Otherwise the node stays, cordoned and drained.',
  maxDrainRetries: RETRIES,
  gracePeriod: GRACE,
  pauseBetweenEvictions: EVICTIONS,
  force: FORCE,
};

/** Fields of mattermost/rotator's requests. */
export const ROTATOR_MEANINGS: Readonly<Record<string, string>> = {
  clusterID: 'The name of a configured cluster, in full.',
  maxScaling: 'How many workers are replaced at once.',
  rotateMasters: 'Whether groups of the control plane are rotated.',
  rotateWorkers: 'Whether the other groups are rotated.',
  maxDrainRetries: RETRIES,
  evictGracePeriod: 'Grace of every pod, seconds, in place of its own.',
  waitBetweenRotations: 'Seconds from the end of a batch to the next.',
  waitBetweenDrains: 'Seconds from the end of a drain to the next of the same batch.',
  waitBetweenPodEvictions: EVICTIONS,
  nodeName: 'The node.',
  gracePeriod: 'Grace of every pod, seconds, in place of its own.',
  detachNode: 'Whether its group lets the instance go first.',
  terminateNode: 'Whether its instance is terminated after the drain.',
};
