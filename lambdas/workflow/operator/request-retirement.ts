/**
 * Begins the retirement of one node that a request asks for, or says every fault of it (contract 10.4). AWS must confirm the
 * notice as it must any other (contract 1.3), so that a person reads at once why a node would not be retired.
 */
import { NO_GROUP } from '../../core/aws/group.ts';
import { retirementRequested } from '../../core/events/notice-events.ts';
import { bareMachine, instanceOf, nodeOfBareMachine, type Node } from '../../core/kubernetes/node.ts';
import { executionName, executionsOf, type RequestedNotice } from '../../core/notice/notice.ts';
import { refusal, type AcceptedRetirement, type Outcome } from '../../core/operator/outcome.ts';
import { parseNodeRequest, termsOf, type NodeRequest } from '../../core/rotation/node-request.ts';
import { verifyNotice } from '../notice/verify-notice.ts';
import { findNode } from './find-node.ts';
import type { OperatorPorts } from './operator-ports.ts';

/** @throws ClusterAway, ClusterRefused */
export async function requestRetirement(given: unknown, ports: OperatorPorts): Promise<Outcome<AcceptedRetirement>> {
  const parsed = parseNodeRequest(given);
  if ('faults' in parsed) return refusal('faulty', ...parsed.faults);
  const { request } = parsed;
  const found = await findNode(request, ports);
  if ('faults' in found) return found;
  const { cluster, node, seen } = found;
  const instance = instanceOf(node) ?? bareMachine(node.name);
  if (isUnproven(node, Date.now())) {
    const words = 'stands for no EC2 instance yet: it is new, and its spec.providerID may still come; ask again later';
    return refusal('conflict', `node: ${node.name} ${words}`);
  }
  const about = { node: node.name, instance, cluster: cluster.name };
  const running = (await ports.running.names()).find((name) =>
    name.startsWith(executionsOf({ ...ports.home, instance })),
  );
  if (running !== undefined) return { kind: 'done', answer: { execution: running, ...about, already: true } };
  if (seen.owner !== undefined) {
    return refusal(
      'conflict',
      `node: ${node.name} is ${seen.owner}’s, which makes and ends its nodes itself: ask it instead`,
    );
  }
  return await begin(request, { ...about }, ports);
}

/** How long a cloud controller may take to set a node's providerID, milliseconds. */
const UNPROVEN_MS = 600_000;

/** Whether the node may turn out to be an EC2 instance. */
function isUnproven({ providerId, provedInstance, createdAt }: Node, now: number): boolean {
  return providerId === undefined && provedInstance === undefined && now - createdAt < UNPROVEN_MS;
}

async function begin(
  request: NodeRequest,
  about: { readonly node: string; readonly instance: string; readonly cluster: string },
  ports: OperatorPorts,
): Promise<Outcome<AcceptedRetirement>> {
  const { node, instance, cluster } = about;
  const { account, region } = ports.home;
  const isBare = nodeOfBareMachine(instance) !== undefined;
  const membership = isBare ? undefined : await ports.lifecycle.membership(instance);
  const hint: RequestedNotice = {
    kind: 'request',
    account,
    region,
    instance,
    group: membership?.group ?? NO_GROUP,
    cluster,
    at: Date.now(),
    terms: termsOf(request),
  };
  const verified = await verifyNotice(hint, ports);
  if (verified.kind !== 'retire') return refusal('conflict', `node: ${node} is not retired: ${verified.reason}`);
  const { group } = verified;
  const notice = { ...hint, group };
  const execution = executionName(notice, ports.home);
  const already = (await ports.retirements.start(execution, notice)) === 'already';
  ports.journal.report(retirementRequested({ execution, instance, cluster, group, already, foundBy: 'request', node }));
  return { kind: 'done', answer: { execution, ...about, group, already } };
}
