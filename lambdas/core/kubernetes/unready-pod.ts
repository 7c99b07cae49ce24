/**
 * Pods that a budget misses: not Ready or on their way out, each with the reason that its status gives, so that a blocked
 * drain can say why its budget allows no more and what would help (contract 13.2).
 */
export interface UnreadyPod {
  /** `namespace/name` */
  readonly pod: string;
  readonly uid: string;
  /** In the words of Kubernetes where it has any (`CrashLoopBackOff`), else in plain ones: `starting`, `being deleted`. */
  readonly reason: string;
  /** What the scheduler or the kubelet says of it. */
  readonly message?: string;
}

/** Those that count, and how many there are in all. */
export interface UnreadyPods {
  readonly count: number;
  /** The worst first. */
  readonly pods: readonly UnreadyPod[];
}

/** The reason of a pod that no node can take. */
export const UNSCHEDULABLE = 'Unschedulable';

/** So many are named: enough to act on, and a line that can be read. */
const MOST_NAMED = 5;

/** A message is cut here: the scheduler counts all nodes, and a line has room for several messages. */
const LONGEST_MESSAGE = 200;

/** Reasons that pass by themselves; the later in the list, the sooner. */
const PASSING = ['ContainerCreating', 'PodInitializing', 'starting', 'being deleted'];

/** What helps; a reason that is not here is told with the logs as the place to look. */
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

/** Which pods and reasons they are, without messages, whose numbers change: the same text is no news. */
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

/** Of pods with one reason; the message is the first one's. */
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
