/**
 * Isolates the node of an instance that our hook holds before its retirement runs. When thousands leave together, Lambda
 * starts some hundred retirements a second and Auto Scaling throttles their questions, and until then pods would go on to
 * nodes that are to leave (faults 15). The retirement finds the node as its own.
 *
 * It asks for less than a verification (contract 1.3). That the instance leaves, and in which group it is, AWS says, for
 * fifty instances in one call. That the group is enrolled, and in which cluster it is, our own settings say, which must name
 * it. That the node is the instance's, its providerID says. The event only hints at the cluster to look in.
 */
import { TERMINATING_WAIT } from '../../core/aws/lifecycle-state.ts';
import { clusterInMetadata } from '../../core/aws/cluster-identity.ts';
import { DEFAULT_NAME, installationOfHook, type Home } from '../../core/aws/installation.ts';
import { hookDeadline } from '../../core/drain/deadline-times.ts';
import { isInstance, type Node } from '../../core/kubernetes/node.ts';
import { isolation, ownershipOf } from '../../core/node/isolation.ts';
import { executionName, type EventNotice, type LifecycleNotice } from '../../core/notice/notice.ts';
import { isPrompt } from '../beginning/hook-time.ts';
import { patchNode, type Patched } from '../node/patch-node.ts';
import type { Cluster, ReachedCluster } from '../ports/kubernetes.ts';
import type { VerificationPorts } from './verify-notice.ts';

export interface AheadPorts extends Pick<VerificationPorts, 'lifecycle' | 'settings' | 'home' | 'hookName'> {
  readonly nodes: ListedNodes;
}

/** Clusters, reached for their nodes alone. Both throw ClusterAway and ClusterRefused. */
export interface ListedNodes {
  /** The nodes of an instance, from a list of the cluster's nodes that is a second old at most. */
  ofInstance(cluster: ReachedCluster, instance: string): Promise<readonly Node[]>;
  open(cluster: ReachedCluster): Promise<Pick<Cluster, 'readNode' | 'patchNode'>>;
}

/** AWS holds no instance for longer. The retirement, whose time begins with it, knows the limits and writes a nearer deadline. */
const LONGEST_HOOK = { globalTimeoutSeconds: 172_800 };

/**
 * Isolates the instance's nodes, but for those that another retirement has in hand.
 *
 * @param hookMetadata what the event says of our hook's metadata: the cluster and the installation @default nothing is done
 * @returns whether one is isolated for the notice's retirement; false where more must be asked, which that does
 * @throws ClusterAway, ClusterRefused, PatchRefused
 */
export async function isolateAhead(
  notice: EventNotice,
  hookMetadata: string | undefined,
  ports: AheadPorts,
): Promise<boolean> {
  const now = Date.now();
  const cluster = clusterInMetadata(hookMetadata);
  if (cluster === undefined || isOfOtherInstallation(hookMetadata, ports.home)) return false;
  if (!isOfOurHook(notice, ports) || !isPrompt(notice, now)) return false;
  const [membership, settings] = await Promise.all([
    ports.lifecycle.membership(notice.instance),
    ports.settings.cluster(cluster),
  ]);
  if (membership?.state !== TERMINATING_WAIT || settings === undefined) return false;
  const { group } = membership;
  if (!settings.groups.some(({ name }) => name === group)) return false;
  const time = { beganAt: notice.at, firstAt: now };
  const deadline = hookDeadline(time, LONGEST_HOOK);
  const takeover = { execution: executionName(notice, ports.home), kind: notice.kind, group, now, deadline };
  const found = await ports.nodes.ofInstance(settings, notice.instance);
  const api = await ports.nodes.open(settings);
  const isolate = (node: Node) =>
    isInstance(node, notice.instance) && ownershipOf(node) === undefined
      ? isolation(node, takeover, settings.taint)
      : 'unchanged';
  const patches = found.map((read) => patchNode(read.name, api, (node) => Promise.resolve(isolate(node)), read));
  const isOurs = ({ found: node, changed }: Patched): boolean =>
    changed || ownershipOf(node)?.execution === takeover.execution;
  return (await Promise.all(patches)).some((patched) => patched !== 'gone' && isOurs(patched));
}

/** Two installations may name one group: the hook says whose it is (contract 15.2). */
function isOfOtherInstallation(hookMetadata: string | undefined, { installation = DEFAULT_NAME }: Home): boolean {
  const owner = installationOfHook(hookMetadata) ?? installation;
  return owner !== installation;
}

function isOfOurHook(
  notice: EventNotice,
  { home: { account, region }, hookName }: Pick<AheadPorts, 'home' | 'hookName'>,
): notice is LifecycleNotice {
  if (notice.kind !== 'asg-terminate') return false;
  return notice.hook === hookName && notice.account === account && notice.region === region;
}
