/**
 * Nodes that a process has left in the middle: they bear its marks, and no retirement has them in hand. They are finished
 * first, because a rotation looks at unmarked nodes alone.
 */
import type { Group } from '../../core/aws/group.ts';
import { DETACHING } from '../../core/aws/lifecycle-state.ts';
import { instanceOf, type Node } from '../../core/kubernetes/node.ts';
import { credibleOwnership } from '../../core/node/credible-ownership.ts';
import { executionName, executionsOf, type Home, type RequestedNotice } from '../../core/notice/notice.ts';
import type { RetirementTerms } from '../../core/notice/retirement-terms.ts';
import { isControlPlane } from '../../core/rotation/rotation-groups.ts';
import { drainSeconds, type RotationRequest } from '../../core/rotation/rotation-request.ts';
import { sleep } from '../../workflow/run/sleep.ts';
import type { RunPorts } from './run-ports.ts';

/** A node in the middle of its retirement. */
interface LeftOver {
  readonly instance: string;
  readonly group: string;
}

/** Starts the retirement of each anew. @returns names of the nodes */
export async function finishLeftOver(request: RotationRequest, ports: RunPorts): Promise<readonly string[]> {
  const view = await ports.fleets.open({ name: request.cluster });
  const nodes = await view.retiringNodes();
  const left = nodes.flatMap((node) => leftOver(node, request, ports.home) ?? []);
  await detached(left, ports);
  const groups = await ports.groups.named([...new Set(left.map(({ group }) => group))]);
  for (const each of left) {
    const notice = noticeOf(each, request, { home: ports.home, groups });
    await ports.retirements.start(executionName(notice, ports.home), notice);
  }
  return nodes.filter((node) => left.some(({ instance }) => instance === instanceOf(node))).map(({ name }) => name);
}

/** Time for which a group may take to let an instance go, and between two looks. */
const DETACHING_MS = 900_000;
const LOOK_MS = 10_000;

/** Waits until no group is about to let one of them go: a retirement takes only what is in service, or in no group. */
async function detached(left: readonly LeftOver[], { groups }: RunPorts): Promise<void> {
  const until = Date.now() + DETACHING_MS;
  while (Date.now() < until) {
    const members = left.length === 0 ? [] : await groups.members(left.map(({ instance }) => instance));
    if (!members.some(({ state }) => state === DETACHING)) return;
    await sleep(LOOK_MS);
  }
}

function leftOver(node: Node, { groups }: RotationRequest, home: Home): LeftOver | undefined {
  const instance = instanceOf(node);
  const owner = credibleOwnership(node, Date.now());
  if (instance === undefined || owner?.group === undefined || owner.leftDrained === true) return undefined;
  if (!owner.execution.startsWith(executionsOf({ ...home, instance }))) return undefined;
  return groups?.includes(owner.group) === false ? undefined : { instance, group: owner.group };
}

function noticeOf(
  { instance, group: name }: LeftOver,
  request: RotationRequest,
  { home, groups }: { readonly home: Home; readonly groups: readonly Group[] },
): RequestedNotice {
  const { account, region } = home;
  const group = groups.find((each) => each.name === name);
  const isWorker = group !== undefined && !isControlPlane(group);
  const { force, pauseBetweenEvictions, gracePeriod } = request;
  const terms: RetirementTerms = {
    detach: isWorker && group.nodeGroup === undefined,
    release: 'terminate',
    force,
    timeoutSeconds: drainSeconds(request),
    pauseBetweenEvictionsSeconds: pauseBetweenEvictions,
    ...(gracePeriod !== undefined && { gracePeriodSeconds: gracePeriod }),
  };
  return { kind: 'request', account, region, instance, group: name, cluster: request.cluster, at: Date.now(), terms };
}
