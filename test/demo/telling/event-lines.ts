/** What is said of each domain event, of what the cluster itself saw, and of the traffic: one line each. */
import { counted } from '../../../infra/cli/reports/report-words.ts';
import type { LoggedEvent } from '../../installation.ts';
import type { Fact } from '../../peers/kubernetes/storage/facts.ts';
import type { Kill, Scene, TrafficNews } from '../scenario.ts';
import { nodeName } from './wrapping.ts';

export type Tone = 'good' | 'wait' | 'plain' | 'quiet';

export interface Line {
  readonly tone: Tone;
  /** What was done, in a column of its own. */
  readonly verb?: string;
  readonly text: string;
  /** Below the text. */
  readonly detail?: string | undefined;
}

const line =
  (tone: Tone) =>
  (text: string): Line => ({ tone, text });
const plain = line('plain');
const quiet = line('quiet');
const wait = line('wait');
const good = line('good');

function verb(tone: Tone, done: string, text: string, detail?: string): Line {
  return { tone, verb: done, text, detail };
}

type Said = {
  readonly [Type in LoggedEvent['type']]: (event: Extract<LoggedEvent, { type: Type }>) => Line | undefined;
};

/** What is said of each domain event; a new one must find its words here. */
const SAID: Said = {
  'retirement.requested': ({ node, taint }) =>
    node === undefined ? undefined : verb('plain', 'next', `${nodeName(node)}, tainted ${taint ?? ''}`),
  'retirement.started': ({ deadline }) => plain(`retirement started, deadline ${deadline.slice(11, 19)} UTC`),
  'retirement.joined': ({ other }) => plain(`retirement ends: ${other} owns the node`),
  'retirement.held': ({ reason }) => wait(`held back: ${reason}`),
  'node.isolated': () => plain('node isolated: tainted, cordoned, kept out of load balancers'),
  'node.reisolated': ({ missing }) => wait(`node isolated again: somebody took off ${missing.join(', ')}`),
  'node.restored': () => plain('node restored'),
  'node.dead': ({ reason }) => wait(`node dead: ${reason}`),
  'drain.planned': ({ fits, seconds, reason }) =>
    (fits ? quiet : wait)(
      `plan: ${seconds === undefined ? 'does not end by itself' : `at most ${seconds} s`}, ${fits ? 'fits' : 'will not fit'}; ${reason}`,
    ),
  'targets.deregistered': ({ pools }) => plain(`out of ${pools.join(', ')}: no new requests`),
  'targets.drained': () => plain('targets drained: nothing reaches the node any more'),
  'targets.late': ({ pools, reason }) => wait(`load balancers not waited for: ${[...pools, reason].join(', ')}`),
  'targets.registered': ({ pools }) => plain(`back in ${pools.join(', ')}`),
  'targets.unregistered': ({ pools, reason }) => wait(`not back in ${pools.join(', ')}: ${reason}`),
  'pod.evicted': ({ pod, warning }) => verb('plain', 'evicted', pod, warning),
  'pod.forced': ({ pod, graceSeconds }) => verb('wait', 'forced', `${pod}, grace ${graceSeconds} s`),
  'eviction.blocked': ({ pod, explanation }) => verb('wait', 'blocked', pod, explanation),
  'pod.unschedulable': ({ pod, message }) => verb('wait', 'pending', pod, message),
  'controller.unknown': ({ owner, reason }) => wait(`one by one: pods of ${owner}: ${reason}`),
  'pod.stuck': ({ pod, explanation }) => verb('wait', 'stuck', pod, explanation),
  'pod.returned': ({ pod, times, left }) =>
    verb('wait', 'back', `${pod}, number ${times} of its maker${left ? ': left there' : ''}`),
  'pod.gone': ({ pod }) => verb('quiet', 'gone', pod),
  'pods.left': ({ pods }) => verb('wait', 'left', `${pods.join(', ')}: the time is up`),
  'node.drained': ({ pods }) => good(`node drained: ${counted(pods, 'pod')}`),
  'volumes.detached': () => good('volumes detached'),
  'volumes.awaited': ({ explanation }) => wait(`volumes not detached yet: ${explanation}`),
  'volumes.kept': ({ volumes }) => wait(`volumes still attached: ${volumes.join(', ')}`),
  // Counted, and told together (repeats.ts).
  'heartbeat.recorded': () => undefined,
  'hook.completed': ({ outcome }) => good(`hook ${outcome}`),
  'retirement.suspended': () => undefined,
  'retention.missing': () => wait('the group does not retain instances: what is left is forced'),
  'instance.retained': ({ pods, until }) =>
    wait(`instance retained with ${pods.join(', ')}: drained on until ${until.slice(11, 19)} UTC`),
  'instance.terminated': () => good('instance terminated'),
  'instance.left': () => good('instance left, drained'),
  'retirement.finished': ({ result }) => good(`retirement finished: ${result}`),
  'cluster.away': ({ reason }) => wait(`cluster away: ${reason}`),
  'stage.failed': ({ stage, reason }) => wait(`${stage} failed, is tried again: ${reason}`),
  'node.missing': ({ unproven }) =>
    wait(
      unproven.length === 0
        ? 'the instance has no node: it never joined'
        : `the instance has no node that is proved to be it: ${unproven.join(', ')} has no providerID`,
    ),
  // What comes too late is the echo of what was done already.
  'notice.ignored': ({ reason, stale }) => (stale ? undefined : quiet(`notice ignored: ${reason}`)),
  'notice.refused': ({ reason }) => wait(`notice refused: ${reason}`),
  'withdrawal.requested': () => undefined,
  'withdrawal.answered': () => undefined,
  'withdrawal.refused': () => undefined,
  'secret.unreadable': ({ reason }) => wait(`no caller is let in: ${reason}`),
  'marks.unreadable': ({ node, reason }) => wait(`marks of ${node} left alone: ${reason}`),
  'cluster.unswept': ({ reason }) => wait(`cluster not swept: ${reason}`),
  'sweep.finished': () => undefined,
  'node.drifted': ({ node, explanation }) => plain(`out of date ${nodeName(node)}: ${explanation}`),
  'node.current': ({ node }) => verb('good', 'current', `${nodeName(node)} again`),
  'node.unenrolled': ({ node }) => verb('quiet', 'unmarked', `${nodeName(node)}: its group takes part no more`),
  'node.due': ({ node }) => verb('plain', 'due', `${nodeName(node)}: the budgets let it go`),
  'group.stopped': ({ group, reason }) => wait(`group ${group} stopped: ${reason}`),
  'group.held': ({ group, reason }) => wait(`group ${group} held up: ${reason}`),
  'group.waiting': ({ group, reason }) => quiet(`group ${group} waits: ${reason}`),
  'taints.ignored': ({ nodes }) => wait(`drain taints ignored: ${nodes.join('; ')}`),
  'budget.unreadable': ({ reason }) => wait(`budget unreadable: ${reason}`),
  'drift.finished': ({ drifted, waiting }) => quiet(`scan: ${drifted} out of date, ${waiting} of them wait`),
  'notice.released': ({ reason }) => wait(`hook completed without a drain: ${reason}`),
};

/** @returns undefined for what is told otherwise, or is an echo of what was told */
export function lineOfEvent(event: LoggedEvent): Line | undefined {
  return (SAID[event.type] as (event: LoggedEvent) => Line | undefined)(event);
}

/** In a story about several nodes, all of them are looked at. */
export function lineOfFact(fact: Fact, { node, story }: Pick<Scene, 'node' | 'story'>): Line | undefined {
  const isTold = story !== undefined;
  if (fact.kind === 'podReady' && (isTold || fact.node !== node))
    return verb('good', 'Ready', `${fact.namespace}/${fact.pod} on ${nodeName(fact.node ?? '?')}`);
  if (fact.kind === 'volumeDetached' && (isTold || fact.node === node))
    return verb('quiet', 'volume', `${fact.volume} detached${isTold ? ` from ${nodeName(fact.node)}` : ''}`);
  if (fact.kind === 'volumeAttached')
    return verb('quiet', 'volume', `${fact.volume} attached to ${nodeName(fact.node)}`);
  return undefined;
}

export function lineOfTraffic(news: TrafficNews): Line {
  if (news.kind !== 'requests') return plain(`balancer ${news.pool}: ${SEEN_BY_BALANCER[news.kind]}`);
  const { served, failed } = news;
  return (failed === 0 ? quiet : wait)(`requests ${served} served, ${failed} failed`);
}

/** What a load balancer makes of the node. */
const SEEN_BY_BALANCER: Readonly<Record<Exclude<TrafficNews['kind'], 'requests'>, string>> = {
  registered: 'the node is in',
  draining: 'the node is out, and finishes what it has',
  gone: 'the node has drained',
  healthy: 'the node is healthy',
  unhealthy: 'nothing answers at the node any more',
};

export function lineOfKill({ number, of, when }: Kill): Line {
  const lost = when === 'before' ? 'its checkpoint is lost' : 'its checkpoint is kept, the answer lost';
  return verb('wait', 'killed', `the function, ${number} of ${of} times: ${lost}`);
}
