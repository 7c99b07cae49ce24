/** What is said of each domain event, for people: one line each. */
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import { evacuationLines } from './evacuation-lines.ts';
import { counted, nodeName } from './report-words.ts';

import { good, plain, quiet, verb, wait, type Line } from './line.ts';

type Said = {
  readonly [Type in DomainEvent['type']]: (event: Extract<DomainEvent, { type: Type }>) => Line | undefined;
};

/** What is said of each domain event; a new one must find its words here. */
const SAID: Said = {
  'retirement.requested': ({ node, taint }) =>
    node === undefined || taint === undefined
      ? undefined
      : verb('plain', 'next', `${nodeName(node)}, tainted ${taint}`),
  'retirement.started': ({ deadline }) => plain(`retirement started, deadline ${deadline.slice(11, 19)} UTC`),
  'retirement.joined': ({ other }) => plain(`retirement ends: ${other} owns the node`),
  'retirement.held': ({ reason }) => wait(`held back: ${reason}`),
  'node.isolated': () => plain('node isolated: tainted, cordoned, kept out of load balancers'),
  'node.reisolated': ({ missing }) => wait(`node isolated again: somebody took off ${missing.join(', ')}`),
  'node.shared': ({ neighbour }) => wait(`${neighbour} is at work on the node too`),
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
  'pod.forced': ({ pod, graceSeconds, cutFromSeconds: own }) =>
    verb('wait', 'forced', `${pod}, grace ${graceSeconds} s${own === undefined ? '' : ` of ${own}`}`),
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
  // There are hundreds in a long retirement.
  'heartbeat.recorded': () => undefined,
  'hook.completed': ({ outcome }) => good(`hook ${outcome}`),
  'retirement.suspended': () => undefined,
  'retention.missing': () => wait('the group does not retain instances: what is left is forced'),
  'instance.retained': ({ pods, until }) =>
    wait(`instance retained with ${pods.join(', ')}: drained on until ${until.slice(11, 19)} UTC`),
  'instance.terminated': () => good('instance terminated'),
  'instance.detached': () => plain('detached from its group, which launches a replacement'),
  'instance.attached': ({ removed }) =>
    wait(`back in its group${removed === undefined ? '' : `, in place of ${removed}`}`),
  'instance.orphaned': ({ reason }) => wait(`in no group: ${reason}`),
  'rotation.started': ({ rotation, request }) =>
    plain(`rotation ${rotation} of ${request.cluster} started, at most ${request.maxSurge} at once`),
  'rotation.batch': ({ group, nodes }) =>
    verb('plain', 'batch', `${group}: ${nodes.map((node) => nodeName(node)).join(', ')}`),
  'rotation.surged': ({ group, from, to }) => plain(`${group} has ${to} instances, not ${from}`),
  'rotation.waiting': ({ group, waitingFor }) => wait(`${group} waits for ${waitingFor.join(', ')}`),
  'rotation.continued': ({ part }) => quiet(`part ${part} of the rotation goes on`),
  'rotation.finished': ({ result, reason }) =>
    (result === 'done' ? good : wait)(`rotation ${result}${reason === undefined ? '' : `: ${reason}`}`),
  'replacement.ready': ({ seconds }) => good(`its replacement is Ready after ${seconds} s`),
  'return.awaited': ({ why, until }) =>
    wait(`isolated until ${until.slice(11, 19)} UTC at the latest: waits for ${why}`),
  'launch.completed': ({ outcome, reason }) =>
    (reason === undefined ? good : wait)(`launch hook ${outcome}${reason === undefined ? '' : `: ${reason}`}`),
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
  'notice.ignored': ({ reason, stale, usual }) => (stale || usual ? undefined : quiet(`notice ignored: ${reason}`)),
  'notice.unverified': ({ reason }) => wait(`retirement started, not verified yet: ${reason}`),
  'notice.failed': ({ reason }) => wait(`an event could not be handled: ${reason}`),
  'isolation.left': ({ reason }) => wait(`not isolated ahead of its retirement: ${reason}`),
  'notice.refused': ({ reason }) => wait(`notice refused: ${reason}`),
  'operation.requested': ({ action, asked, by }) => plain(`${by} asks to ${action} ${asked}`),
  'operation.answered': ({ action, asked, result, faults = [] }) =>
    (result === 'done' ? quiet : wait)(`${action} ${asked}: ${[result, ...faults].join(': ')}`),
  'operation.refused': () => undefined,
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
  'shifts.unread': ({ reason }) => wait(`zonal shifts cannot be read, and hold nothing: ${reason}`),
  'drift.finished': ({ drifted, waiting }) => quiet(`scan: ${drifted} out of date, ${waiting} of them wait`),
  ...evacuationLines,
  'notice.released': ({ reason }) => wait(`hook completed without a drain: ${reason}`),
};

/** @returns undefined for what is told otherwise, or is an echo of what was told */
export function lineOfEvent(event: DomainEvent): Line | undefined {
  return (SAID[event.type] as (event: DomainEvent) => Line | undefined)(event);
}
