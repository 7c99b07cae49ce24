/**
 * Meaning of each field of the configuration, in a sentence or two. The texts are not in the schema, because every
 * function bundles the schema and none needs them. A test checks that both agree.
 */

import { DRIFT_MEANINGS } from './meanings/drift-meanings.ts';
import { OF_THE_CLUSTER, type Meaning } from './meanings/meaning.ts';
import { scheduleMeanings } from './meanings/schedule-meanings.ts';

/** Meanings by the path of the field, such as `clusters[].drain.timeoutSeconds`. */
export const FIELD_MEANINGS: Readonly<Record<string, Meaning>> = {
  name: {
    does: 'The name of the installation. The stack, the parameters, the executions and the metrics bear it. Installations in the same account and region need different names.',
  },
  hookName: {
    does: 'The name of the lifecycle hook that belongs to Ebb. Ebb leaves every other hook alone.',
  },
  kubernetesGroup: {
    does: 'The Kubernetes group of the retirement. The group of the sweep and the drift tainter has this name and `-sweep`.',
    without: 'the value of `name`',
  },
  logRetentionDays: { does: 'How long CloudWatch keeps the logs of the functions.' },

  vpc: {
    does: 'The network from which the functions reach private API endpoints.',
    without: 'the functions run outside any VPC',
  },
  'vpc.vpcId': { does: 'The VPC that the functions run in.' },
  'vpc.availabilityZones': { does: 'The zone of each private subnet, in the same order.' },
  'vpc.privateSubnetIds': { does: 'The subnets that the functions run in. They need a route to the AWS APIs.' },
  'vpc.securityGroupIds': { does: 'The security groups of the functions.' },

  endpoint: {
    does: 'The HTTP endpoint that takes an instance out of its load balancers. `{}` makes one behind IAM.',
    without: 'there is no endpoint',
  },
  rotation: {
    does: 'Whether clusters can be rotated: makes the function for it, and lets retirements detach, attach and terminate instances of enrolled groups.',
  },
  operator: {
    does: 'The function that takes requests of rotations and of single nodes, by invocation or by HTTP. It needs `rotation`.',
    without: 'there is none',
  },
  'operator.url': {
    does: 'Whether the function has a URL. It takes requests that are signed with AWS credentials, and no others.',
  },
  'endpoint.secretName': {
    does: 'The name of the secret that lets callers in. The URL is public then. Write this or `secretArn`, not both.',
    without: 'see `secretArn`',
  },
  'endpoint.secretArn': {
    does: 'The ARN of the secret, in place of its name. Without either, callers need rights in IAM.',
    without: 'see `secretName`',
  },
  'endpoint.vpcs': {
    does: 'The VPCs whose instances may be withdrawn.',
    without: 'the VPCs of the configured clusters',
  },
  'endpoint.untagged': {
    does: 'Whether Ebb may change load balancers that are not tagged for a configured cluster.',
  },
  'endpoint.concurrency': {
    does: 'How many requests are handled at once. They are set aside from the concurrency of the account, which keeps at least 100. Further requests are answered with `429`.',
  },

  alarms: { does: 'Where alarms go. Write one of the two fields.', without: 'alarms are raised and sent nowhere' },
  'alarms.topicArn': { does: 'An SNS topic that exists.', without: 'see `email`' },
  'alarms.email': {
    does: 'An address. Ebb makes a topic that sends mail to it. Confirm the first mail.',
    without: 'see `topicArn`',
  },

  clusters: { does: 'The clusters whose nodes Ebb takes out.' },
  'clusters[].name': {
    does: 'The name of the cluster: in EKS, or in the tags `kubernetes.io/cluster/<name>` of its groups and instances.',
  },
  'clusters[].access': {
    does: 'How Ebb reaches a cluster that is not EKS. EKS is then not asked about it.',
    without: 'Ebb finds the cluster in EKS by its name',
  },
  'clusters[].access.kubeconfigSecret': {
    does: 'The name or the ARN of a secret in Secrets Manager. Its text is a kubeconfig with a token or a client certificate.',
  },
  'clusters[].access.context': {
    does: 'The context of the kubeconfig that Ebb uses.',
    without: 'its current context',
  },
  'clusters[].openstack': {
    does: 'The OpenStack cloud whose compute hosts nodes of the cluster are. Their guests are migrated before a node goes.',
    without: 'the nodes are no compute hosts',
  },
  'clusters[].openstack.secret': {
    does: 'The name or the ARN of a secret: a clouds.yaml, or the config.yaml of nova-kubernetes-drain.',
  },
  'clusters[].openstack.cloud': { does: 'The cloud of the clouds.yaml that is meant.', without: 'the only one' },
  'clusters[].openstack.hosts': { does: 'The hosts of Keystone and Nova, with their ports. Ebb talks to no others.' },
  'clusters[].openstack.interface': {
    does: 'Which endpoint of Nova is meant.',
    without: 'as the secret says, or public',
  },
  'clusters[].openstack.region': { does: 'The region of Nova.', without: 'as the secret says, or the only one' },
  'clusters[].openstack.allowHttp': { does: 'Take endpoints without TLS.' },
  'clusters[].openstack.caSecret': {
    does: 'The name or the ARN of a secret with the certificate authority of the endpoints, as PEM.',
    without: 'public authorities',
  },
  'clusters[].openstack.timeoutSeconds': { does: 'How long an evacuation may take. Guests that are left then stay.' },
  'clusters[].openstack.followCordons': {
    does: 'Evacuate hosts whose nodes are cordoned, and enable those again that Ebb has disabled, every five minutes.',
  },
  'clusters[].maxDrains': {
    does: 'How many nodes of the cluster drain at once. Further nodes are isolated and wait, oldest first.',
  },
  'clusters[].maxLeaving': {
    does: 'The share of the cluster’s nodes that drain at once. It always allows one node.',
  },

  'clusters[].waitForZonalShift': {
    does: 'Whether nothing that only Ebb or a recommendation wants begins while Application Recovery Controller shifts traffic of the cluster, of its groups or of its load balancers away from a zone.',
  },

  'clusters[].groups': {
    does: 'The Auto Scaling groups that get the hook from Ebb. Groups that are not listed take part by the tag `ebb/managed`.',
  },
  'clusters[].groups[].name': { does: 'The name of the Auto Scaling group.' },
  'clusters[].groups[].heartbeatTimeoutSeconds': {
    does: 'The heartbeat timeout of the hook: how long an instance is held if Ebb fails altogether. AWS ends a hook after 100 times this, and after 48 hours at the latest.',
  },
  'clusters[].groups[].drainTimeoutSeconds': {
    does: 'How long a drain of this group may take.',
    without: OF_THE_CLUSTER,
  },
  'clusters[].groups[].atDeadline': {
    does: 'What happens at the deadline in this group.',
    without: OF_THE_CLUSTER,
  },
  'clusters[].groups[].budget': {
    does: 'The budget of this group. Its `nodes` replaces that of the cluster. Windows and freezes of both hold.',
    without: OF_THE_CLUSTER,
  },
  'clusters[].groups[].budget.nodes': {
    does: 'How many nodes of this group may be unavailable at once.',
    without: OF_THE_CLUSTER,
  },
  ...scheduleMeanings('clusters[].groups[].budget'),

  'clusters[].taint': { does: 'The taint that isolates a node.' },
  'clusters[].taint.key': { does: 'The key of the taint.' },
  'clusters[].taint.value': { does: 'The value of the taint.', without: 'the kind of the notice' },
  'clusters[].taint.effect': { does: 'The effect of the taint.' },

  'clusters[].drain': { does: 'How pods are moved away.' },
  'clusters[].drain.timeoutSeconds': {
    does: 'How long a drain may take. The time counts from the start of the hook’s first retirement.',
  },
  'clusters[].drain.atDeadline': {
    does: 'What happens to the pods that are left at the deadline: `force` deletes them, `wait` keeps the instance until the hook ends, `retain` keeps it until the node is empty.',
  },
  'clusters[].drain.impliedBudget': {
    does: 'The share of a controller’s replicas that may be unready when no PodDisruptionBudget covers its pods. `off` evicts such pods without a limit.',
  },
  'clusters[].drain.maxEvictionsInFlight': { does: 'How many evictions of one node run at the same time.' },
  'clusters[].drain.pauseBetweenEvictionsSeconds': { does: 'The pause between two evictions.' },
  'clusters[].drain.gracePeriodSeconds': {
    does: 'The grace period of every evicted pod, in place of its own.',
    without: 'each pod’s own',
  },
  'clusters[].drain.detachTimeoutSeconds': {
    does: 'How long Ebb waits for volumes to be detached. The retirement goes on after that.',
  },
  'clusters[].drain.blockEmptyDir': {
    does: 'Whether pods with emptyDir volumes are blocked until their force point. Otherwise they are evicted, and the volume’s data is lost.',
  },
  'clusters[].drain.podSelector': {
    does: 'A label selector. Pods that do not match it stay on the node.',
    without: 'all pods are moved',
  },
  'clusters[].drain.spareNamespaces': { does: 'Namespaces whose pods stay on the node.' },
  'clusters[].drain.finishFirst': {
    does: 'A label selector. Ebb does not evict pods that match it, and waits until they finish.',
    without: 'Ebb waits for none',
  },

  'clusters[].withdraw': { does: 'How a node is taken out of its load balancers.' },
  'clusters[].withdraw.enabled': { does: 'Whether a node is taken out of its load balancers before its pods move.' },

  'clusters[].tainted': { does: 'The drain of nodes that people or scripts have tainted for it.' },
  'clusters[].tainted.taints': { does: 'Further taints that ask for a drain, besides `ebb/drain`.' },
  'clusters[].tainted.taints[].key': {
    does: 'The key of a taint. Its effect must be `NoSchedule`; its value may be anything.',
  },
  'clusters[].tainted.taints[].release': {
    does: 'What happens to an instance that was drained for this taint.',
    without: 'the value of `tainted.release`',
  },
  'clusters[].tainted.release': {
    does: 'What happens to an instance that was drained for a taint: `terminate` has its group terminate it, `leave` leaves it running.',
  },
  'clusters[].tainted.retryAfterSeconds': {
    does: 'The cool-down of a node that could not be drained: Ebb leaves it alone for this long.',
  },

  'clusters[].notices': { does: 'Which notices Ebb acts on, besides the terminate action of its hook.' },
  'clusters[].notices.spot': {
    does: 'Whether the node of a Spot instance is drained in the two minutes of its warning.',
  },
  'clusters[].notices.capacityReservation': {
    does: 'Whether a node is drained when AWS reclaims its capacity reservation, or its capacity block ends.',
  },
  'clusters[].notices.scheduledChange': {
    does: 'Whether a node is drained before AWS stops, retires or reboots its instance. It begins 48 hours before, or when AWS tells.',
  },
  'clusters[].notices.stateChange': {
    does: 'Whether a node is withdrawn and its pods removed when its instance stops or ends without a notice.',
  },
  'clusters[].notices.rootVolume': {
    does: 'Whether a node is drained before an instance refresh replaces its root volume, and restored afterwards. Without it the refresh goes on at once.',
  },
  'clusters[].notices.rebalance': {
    does: 'Whether a node is drained when EC2 recommends to rebalance its Spot instance. It needs a group with CapacityRebalance. A recommendation that the budgets do not allow at once is turned away.',
  },
  'clusters[].notices.rebalanceHoldSeconds': {
    does: 'How long a node that was drained for a recommendation stays isolated.',
  },
  'clusters[].notices.launch': {
    does: 'Whether an instance comes into service only when its node is Ready: a launch hook is put on each group that the configuration names.',
  },

  ...DRIFT_MEANINGS,
};
