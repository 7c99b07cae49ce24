/**
 * A pod that a budget misses because it is not Ready or being deleted, with the reason from its status. A blocked drain
 * reports why its budget allows no more and what would help (contract 13.2).
 */
export interface UnreadyPod {
  /** `namespace/name` */
  readonly pod: string;
  readonly uid: string;
  /** Kubernetes' own reason (`CrashLoopBackOff`), otherwise a plain one: `starting`, `being deleted`. */
  readonly reason: string;
  /** The scheduler's or the kubelet's message. */
  readonly message?: string;
}

/** The worst unready pods, and the number of all. */
export interface UnreadyPods {
  readonly count: number;
  /** The worst first. */
  readonly pods: readonly UnreadyPod[];
}

/** The reason of a pod that no node can take. */
export const UNSCHEDULABLE = 'Unschedulable';

/** Pods that are named: enough to act on, and a line that can be read. */
const MOST_NAMED = 5;

/** Length at which a message is cut: the scheduler's counts all nodes, and a line holds several messages. */
const LONGEST_MESSAGE = 200;

/** Reasons that end by themselves, the slowest first. */
const PASSING = ['ContainerCreating', 'PodInitializing', 'starting', 'being deleted'];

/** Advice by reason; for any other reason it is to look at the logs. */
const HELP: Readonly<Record<string, string>> = {
  [UNSCHEDULABLE]: 'add capacity or lower what it requests',
  SchedulingGated: 'remove its scheduling gate',
  ErrImagePull: 'check the name of its image and the right to pull it',
  ImagePullBackOff: 'check the name of its image and the right to pull it',
  InvalidImageName: 'check the name of its image',
  CreateContainerConfigError: 'check the ConfigMaps and Secrets that it names',
  'not ready': 'look at its readiness probe',
  'node not ready': 'look at its node',
  ReadinessGatesNotReady: 'look at what sets its readiness gates',
};

export function unreadyPods(found: readonly UnreadyPod[]): UnreadyPods {
  const worstFirst = found.toSorted((a, b) => rank(a) - rank(b) || a.pod.localeCompare(b.pod));
  return { count: found.length, pods: worstFirst.slice(0, MOST_NAMED) };
}

function rank({ reason }: UnreadyPod): number {
  return reason === UNSCHEDULABLE ? -2 : PASSING.indexOf(reason);
}

/** The pods and their reasons, to report them once. Messages are left out, because the numbers in them change. */
export function unreadyKey({ pods }: UnreadyPods): string {
  return pods.map(({ uid, reason }) => `${uid} ${reason}`).join();
}

/** `shop/web-7 cannot be scheduled: 0/3 nodes are available: …: add capacity …; shop/web-8, shop/web-9: starting` */
export function describeUnready({ count, pods }: UnreadyPods): string {
  const reasons = [...new Set(pods.map(({ reason }) => reason))];
  const told = reasons.map((reason) => describe(pods.filter((pod) => pod.reason === reason)));
  const more = count > pods.length ? [`${count - pods.length} more`] : [];
  return [...told, ...more].join('; ');
}

/** Describes pods with the same reason, with the message of the first. */
function describe(pods: readonly UnreadyPod[]): string {
  const [{ reason, message } = { reason: '' }] = pods;
  const names = pods.map(({ pod }) => pod).join(', ');
  const words = [
    reason === UNSCHEDULABLE ? `${names} cannot be scheduled` : `${names}: ${reason}`,
    ...(message === undefined ? [] : [cut(message)]),
    ...(PASSING.includes(reason) ? [] : [HELP[reason] ?? 'look at its logs']),
  ];
  return words.join(': ');
}

function cut(message: string): string {
  const whole = message.trim().replace(/\.$/, '');
  return whole.length > LONGEST_MESSAGE ? `${whole.slice(0, LONGEST_MESSAGE)}…` : whole;
}
