/**
 * Verifies a notice. An event is only a hint: before anything is touched, AWS must agree that our hook holds this
 * instance, that its group is enrolled, and which cluster it belongs to (contract 1.3–1.5). The router verifies, and
 * the retirement again, because something else may have started it. Neither Kubernetes nor EKS is called here.
 */
import { nodeOfBareMachine } from '../../core/kubernetes/node.ts';
import { clusterIdentity, type ClusterIdentity } from '../../core/aws/cluster-identity.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import { DEFAULT_NAME, installationOfHook, MANAGED_TAG, managedValue } from '../../core/aws/installation.ts';
import {
  IN_SERVICE,
  isPooled,
  LAUNCHING_WAIT,
  phaseOf,
  RELOOK,
  type LifecyclePhase,
} from '../../core/aws/lifecycle-state.ts';
import {
  isOfHook,
  isWarning,
  type Home,
  type HookNotice,
  type Notice,
  type WantedNotice,
  type WarningNotice,
} from '../../core/notice/notice.ts';
import type { Hook, Lifecycle, Membership } from '../ports/auto-scaling.ts';
import type { InstanceTags } from '../ports/ec2.ts';
import type { Settings } from '../ports/settings.ts';
import { sleep } from '../run/sleep.ts';
import {
  disputed,
  hookOf,
  ignore,
  nameOf,
  narrowed,
  refuse,
  stale,
  tooLate,
  unconfigured,
  unfitFor,
  whyUntimely,
  type TurnedAway,
  type Verification,
} from './verification.ts';
import { verifyBare } from './verify-bare.ts';
import { verifyOutside, type StrangeGroup } from './verify-outside.ts';

export type { Verification } from './verification.ts';

export interface VerificationPorts {
  readonly lifecycle: Lifecycle;
  readonly instanceTags: InstanceTags;
  readonly settings: Settings;
  /** Who we are: events of other accounts and regions are refused. */
  readonly home: Home;
  readonly hookName: string;
}

/** @throws StillTerminating when AWS has not caught up with its own event: the caller tries again */
export async function verifyNotice(notice: Notice, ports: VerificationPorts): Promise<Verification> {
  const { account, region } = ports.home;
  if (notice.account !== account || notice.region !== region) {
    return refuse(`the event is of account ${notice.account} in ${notice.region}, we are ${account} in ${region}`);
  }
  const ours = hookOf(notice, ports);
  if (isOfHook(notice) && notice.hook !== ours) return ignore(`hook ${notice.hook} is not ours (${ours})`);
  if (nodeOfBareMachine(notice.instance) !== undefined) return await verifyBare(notice, ports);
  const membership = await ports.lifecycle.membership(notice.instance);
  return membership === undefined
    ? await verifyOutside(notice, undefined, ports)
    : await verifyMember(notice, membership, ports);
}

/** Verifies a notice about an instance that a group has. */
async function verifyMember(notice: Notice, membership: Membership, ports: VerificationPorts): Promise<Verification> {
  const enrolment = await lookAtGroup(notice, membership.group, ports);
  if (enrolment.kind === 'not enrolled') return await verifyOutside(notice, { ...enrolment, ...membership }, ports);
  if (enrolment.kind !== 'enrolled') return enrolment;
  if (isOfHook(notice)) return await verifyWaiting(notice, { ...enrolment, membership }, ports);
  return isWarning(notice)
    ? verifyWarned(notice, enrolment, membership.state)
    : verifyServing(notice, enrolment, membership.state);
}

/** The instance's group, which we may act on. */
interface Enrolment {
  readonly kind: 'enrolled';
  readonly group: string;
  readonly hook: Hook | undefined;
  readonly identity: ClusterIdentity;
  /** Undefined when the cluster is not configured, or nothing names it. */
  readonly cluster: ClusterSettings | undefined;
}

/** Somebody else's group, which we may not act on. */
interface Strange extends Omit<StrangeGroup, 'state'> {
  readonly kind: 'not enrolled';
}

async function lookAtGroup(
  notice: Notice,
  group: string,
  ports: VerificationPorts,
): Promise<Enrolment | Strange | TurnedAway> {
  const [groupTags, hook] = await Promise.all([
    ports.lifecycle.groupTags(group),
    ports.lifecycle.hook(group, hookOf(notice, ports)),
  ]);
  if (groupTags === undefined) return { kind: 'ignore', reason: `group ${group} has gone` };
  if (hook === undefined && isOfHook(notice)) {
    return { kind: 'ignore', reason: `group ${group} has no hook ${hookOf(notice, ports)}` };
  }
  const identity = await identify(notice, { groupTags, hook }, ports);
  if (identity.kind === 'disputed') return disputed(identity.claims);
  const cluster = identity.kind === 'known' ? await ports.settings.cluster(identity.cluster) : undefined;
  const strange = verifyEnrolment({ group, identity }, { tags: groupTags, cluster, hook, home: ports.home });
  if (strange !== undefined) return strange;
  return { kind: 'enrolled', group, hook, identity, cluster: cluster && narrowed(cluster, group) };
}

/** Why we may not act on a group; undefined when it is enrolled here, and in no other installation (contract 15.2). */
function verifyEnrolment(
  { group, identity }: Pick<StrangeGroup, 'group' | 'identity'>,
  { tags, cluster, hook, home: { installation = DEFAULT_NAME } }: GroupFound,
): Strange | TurnedAway | undefined {
  const owner = installationOfHook(hook?.metadata) ?? installation;
  const tag = managedValue(installation);
  const isNamed = cluster?.groups.some(({ name }) => name === group) === true;
  const isEnrolled = isNamed || tags[MANAGED_TAG] === tag;
  if (isEnrolled && owner === installation) return undefined;
  if (isEnrolled) {
    const both = `group ${group} is enrolled here, in installation ${installation}, and its hook is ${owner}’s`;
    return refuse(`${both}: take it out of one of them, and deploy the other again`);
  }
  return owner === installation ? { kind: 'not enrolled', group, identity } : ignore(`group ${group} is ${owner}’s`);
}

/** A group as AWS has it, and what is configured of it. */
interface GroupFound {
  readonly tags: Readonly<Record<string, string>>;
  readonly cluster: ClusterSettings | undefined;
  readonly hook: Hook | undefined;
  readonly home: Home;
}

async function verifyWaiting(
  notice: HookNotice,
  { group, hook, identity, cluster, membership }: Enrolment & { readonly membership: Membership },
  ports: VerificationPorts,
): Promise<Verification> {
  const looked = await lookAtState(notice, membership, ports);
  if (looked.kind !== 'waits') return looked;
  const action = { group, hook: notice.hook, instance: notice.instance };
  const release = (reason: string): Verification => ({ kind: 'release', reason, action });
  // The event alone may be forged: an instance that is in service has pods, whatever is said of where it comes from.
  if (notice.origin === 'WarmPool' && isPooled(looked.state)) return release('it comes from the warm pool');
  if (cluster === undefined) return release(unconfigured(nameOf(identity)));
  const unfit = unfitFor(notice, cluster);
  // Nobody else completes our hook.
  if (unfit !== undefined) return release(unfit.reason);
  return { kind: 'retire', group, cluster, ...(hook && { hook }) };
}

/**
 * AWS warns of the instance. While our hook holds it, the retirement completes that; an instance that is past its hook, or
 * whose time is up, is nobody's to drain any more.
 */
function verifyWarned(
  notice: WarningNotice,
  { group, hook, identity, cluster }: Enrolment,
  state: string,
): Verification {
  const untimely = whyUntimely(notice);
  if (untimely !== undefined) return untimely;
  const phase = phaseOf(state);
  if (phase === 'over' || isPooled(state)) return tooLate(notice, `the instance is ${state}`);
  if (cluster === undefined) return ignore(unconfigured(nameOf(identity)));
  const unfit = unfitFor(notice, cluster);
  if (unfit !== undefined) return unfit;
  const waits = phase === 'waiting' && hook !== undefined;
  return { kind: 'retire', group, cluster, ...(hook && { hook }), ...(waits && { waits }) };
}

/** Only an instance in service is drained because somebody wants it: any other is on its way already. */
function verifyServing(
  notice: WantedNotice,
  { group, hook, identity, cluster }: Enrolment,
  state: string,
): Verification {
  if (state !== IN_SERVICE) return stale(`the instance is ${state}`);
  if (cluster === undefined) return ignore(unconfigured(nameOf(identity)));
  return unfitFor(notice, cluster) ?? { kind: 'retire', group, cluster, ...(hook && { hook }) };
}

/** Identifies the cluster. Instance tags cost another call: they are read only when hook and group name none. */
async function identify(
  notice: Notice,
  { groupTags, hook }: { groupTags: Readonly<Record<string, string>>; hook: Hook | undefined },
  ports: VerificationPorts,
): Promise<ClusterIdentity> {
  const sources = { groupTags, ...(hook?.metadata !== undefined && { hookMetadata: hook.metadata }) };
  const identity = clusterIdentity(sources);
  if (identity.kind !== 'unknown') return identity;
  return clusterIdentity({ ...sources, instanceTags: await ports.instanceTags.tagsOf(notice) });
}

/**
 * Waits for the instance to be in a hook.
 *
 * @param found its membership as it was asked for a moment ago: the calls of an account share one rate (faults 15)
 * @returns its lifecycle state there, otherwise the notice's verification
 */
async function lookAtState(
  notice: HookNotice,
  found: Membership,
  ports: VerificationPorts,
): Promise<{ readonly kind: 'waits'; readonly state: string } | TurnedAway> {
  for (let looks = 1; ; looks += 1) {
    const membership = looks === 1 ? found : await ports.lifecycle.membership(notice.instance);
    if (membership === undefined) return stale('the instance is gone: its hook is over');
    const { state } = membership;
    const says = phaseFor(notice, state);
    if (says === 'waiting') return { kind: 'waits', state };
    if (says === 'over') return stale(`the instance is ${state}: its hook is over`);
    const { times, pauseMs } = RELOOK[says];
    if (looks > times) {
      if (says === 'in service') return refuse(`AWS says that the instance is ${state}`);
      throw new StillTerminating(notice.instance);
    }
    await sleep(pauseMs);
  }
}

/** Where the instance is on its way into the hook of the notice, or out of it. */
function phaseFor({ kind }: HookNotice, state: string): LifecyclePhase {
  if (kind !== 'asg-launch') return phaseOf(state);
  if (state === LAUNCHING_WAIT) return 'waiting';
  return state === 'Pending' ? 'not yet' : 'over';
}

/** Thrown when AWS has not brought the instance to its hook within the time that it usually takes. */
export class StillTerminating extends Error {
  override readonly name = 'StillTerminating';

  constructor(instance: string) {
    super(`${instance} is still on its way to its hook: the notice is to be delivered again`);
  }
}
