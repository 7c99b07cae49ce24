import { describe, expect, test } from 'vitest';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import * as evacuationEvents from '../../../lambdas/core/events/evacuation-events.ts';
import * as fleetEvents from '../../../lambdas/core/events/fleet-events.ts';
import * as noticeEvents from '../../../lambdas/core/events/notice-events.ts';
import * as operatorEvents from '../../../lambdas/core/events/operator-events.ts';
import * as retirementEvents from '../../../lambdas/core/events/retirement-events.ts';
import type { Subject } from '../../../lambdas/core/events/retirement-events.ts';
import * as rotationEvents from '../../../lambdas/core/events/rotation-events.ts';
import * as withdrawalRequestEvents from '../../../lambdas/core/events/withdrawal-request-events.ts';
import { rotationRequestSchema } from '../../../lambdas/core/rotation/rotation-request.ts';
import { aPod, HOUR, NOON } from '../../given.ts';

const events = {
  ...noticeEvents,
  ...retirementEvents,
  ...withdrawalRequestEvents,
  ...fleetEvents,
  ...rotationEvents,
  ...operatorEvents,
  ...evacuationEvents,
};

const SUBJECT: Subject = { execution: 'e', cluster: 'prod', group: 'workers', instance: 'i-1', node: 'ip-10-0-1-2' };
const POD = aPod({ labels: { secret: 'hidden' }, annotations: { token: 'hidden' } });

/** A node that no retirement is concerned with. */
const PLACE = { cluster: 'prod', group: 'workers', instance: 'i-1', node: 'ip-10-0-1-2' };

const ROTATION = { rotation: 'r1', cluster: 'prod' };
const ROTATION_REQUEST = rotationRequestSchema.parse({ cluster: 'prod' });

const EVACUATION = { execution: 'e', cluster: 'prod', host: 'hv-a', node: 'hv-a' };
const GUEST = { id: 'g1', name: 'web', tenant: 't1' };

/** One of every kind; the record is complete by its type, so a new kind of event is missed here first. */
const EVENTS: Readonly<{ [Type in DomainEvent['type']]: Extract<DomainEvent, { type: Type }> }> = {
  'compute.disabled': events.computeDisabled(EVACUATION, { by: 'us', reason: 'Ebb (ebb): node hv-a is retired' }),
  'compute.enabled': events.computeEnabled(EVACUATION),
  'guest.migrating': events.guestMigrating(EVACUATION, GUEST, { how: 'live', attempt: 1 }),
  'guest.moved': events.guestMoved(EVACUATION, GUEST, { to: 'hv-b' }),
  'guest.failed': events.guestFailed(EVACUATION, GUEST, { failures: 1, reason: 'No valid host was found.' }),
  'guest.aborted': events.guestAborted(EVACUATION, GUEST),
  'guest.stayed': events.guestStayed(EVACUATION, GUEST, { reason: 'it is in ERROR' }),
  'host.evacuated': events.hostEvacuated(EVACUATION, {
    moved: 7,
    gone: 0,
    stayed: ['web (it is in ERROR)'],
    seconds: 9.5,
  }),
  'evacuation.failed': events.evacuationFailed(EVACUATION, { reason: 'Nova does not take the token' }),
  'cloud.away': events.cloudAway(EVACUATION, { reason: 'Nova does not answer' }),
  'cloud.unsynced': events.cloudUnsynced({ cluster: 'prod', reason: 'Nova does not answer' }),
  'hypervisors.synced': events.hypervisorsSynced({ cluster: 'prod', hosts: 3, started: 1, enabled: 1 }),
  'notice.ignored': events.noticeIgnored({ reason: 'a test notification', source: 'aws.autoscaling' }),
  'notice.refused': events.noticeRefused({ reason: 'InService', instance: 'i-1' }),
  'notice.unverified': events.noticeUnverified({ execution: 'e', instance: 'i-1', reason: 'Rate exceeded' }),
  'notice.failed': events.noticeFailed({ messageId: 'm', reason: 'MalformedEvent' }),
  'isolation.left': events.isolationLeft({ instance: 'i-1', reason: 'ClusterAway' }),
  'notice.released': events.noticeReleased({ reason: 'r', instance: 'i-1', group: 'workers', outcome: 'completed' }),
  'retirement.requested': events.retirementRequested({
    execution: 'e',
    instance: 'i-1',
    cluster: 'prod',
    group: 'workers',
    already: false,
    foundBy: 'sweep',
  }),
  'retirement.started': events.retirementStarted(SUBJECT, {
    kind: 'asg-terminate',
    deadline: NOON + HOUR,
    atDeadline: 'force',
  }),
  'retirement.joined': events.retirementJoined(SUBJECT, { other: 'f' }),
  'retirement.held': events.retirementHeld(SUBJECT, { reason: '25 nodes drain before it', breaker: false }),
  'node.missing': events.nodeMissing(SUBJECT, { unproven: ['ip-10-0-1-2'] }),
  'node.isolated': events.nodeIsolated(SUBJECT, { cordonedBefore: false }),
  'node.reisolated': events.nodeReisolated(SUBJECT, { missing: ['cordon'] }),
  'node.shared': events.nodeShared(SUBJECT, { neighbour: 'Cluster Autoscaler' }),
  'node.restored': events.nodeRestored(SUBJECT),
  'node.dead': events.nodeDead(SUBJECT, { reason: 'EC2 says that the instance is stopped' }),
  'drain.planned': events.drainPlanned(SUBJECT, { pods: 3, seconds: 90, fits: true, reason: 'r', forceAt: NOON }),
  'targets.deregistered': events.targetsDeregistered(SUBJECT, { pools: ['web'], until: NOON }),
  'targets.drained': events.targetsDrained(SUBJECT, { seconds: 310 }),
  'targets.late': events.targetsLate(SUBJECT, { pools: ['web'], reason: 'still draining' }),
  'targets.registered': events.targetsRegistered(SUBJECT, { pools: ['web'] }),
  'targets.unregistered': events.targetsUnregistered(SUBJECT, { pools: ['web'], reason: 'Rate exceeded' }),
  'pod.evicted': events.podEvicted(SUBJECT, POD, { graceSeconds: 30, warning: 'no controller' }),
  'pod.forced': events.podForced(SUBJECT, POD, 12),
  'pod.returned': events.podReturned(SUBJECT, { pod: POD, maker: 'ReplicaSet shop/web', times: 2, left: false }),
  'pods.left': events.podsLeft(SUBJECT, { pods: ['shop/web-1'] }),
  'pod.gone': events.podGone(SUBJECT, { pod: 'shop/web-1', uid: 'u' }),
  'eviction.blocked': events.evictionBlocked(SUBJECT, POD, {
    kind: 'several-budgets',
    budgets: ['shop/a', 'shop/b'],
  }),
  'pod.unschedulable': events.podUnschedulable(
    SUBJECT,
    { pod: 'shop/web-7', uid: 'u', reason: 'Unschedulable', message: '0/3 nodes are available' },
    { missedBy: 'budget shop/web' },
  ),
  'controller.unknown': events.controllerUnknown(SUBJECT, {
    pod: POD,
    owner: { kind: 'CloneSet', apiVersion: 'apps.kruise.io/v1alpha1', namespace: 'shop', name: 'web', uid: 'u' },
    reason: 'r',
  }),
  'pod.stuck': events.podStuck(SUBJECT, POD, { overdueSeconds: 60, nodeState: 'Ready' }),
  'node.drained': events.nodeDrained(SUBJECT, { pods: 3, forced: 0, seconds: 41.5 }),
  'volumes.detached': events.volumesDetached(SUBJECT, { seconds: 3 }),
  'volumes.awaited': events.volumesAwaited(SUBJECT, [{ name: 'vol-1', inUse: true }]),
  'volumes.kept': events.volumesKept(SUBJECT, [{ name: 'vol-1', inUse: false }]),
  'heartbeat.recorded': events.heartbeatRecorded(SUBJECT, { nextInSeconds: 150 }),
  'cluster.away': events.clusterAway(SUBJECT, { reason: 'connection refused' }),
  'stage.failed': events.stageFailed(SUBJECT, { stage: 'drain', reason: 'Rate exceeded' }),
  'retirement.suspended': events.retirementSuspended(SUBJECT, { seconds: 15, waitingFor: ['shop/web-1'] }),
  'hook.completed': events.hookCompleted(SUBJECT, { outcome: 'completed' }),
  'retention.missing': events.retentionMissing(SUBJECT),
  'instance.retained': events.instanceRetained(SUBJECT, { pods: ['shop/web-1'], until: NOON + HOUR }),
  'instance.terminated': events.instanceTerminated(SUBJECT),
  'instance.detached': events.instanceDetached(SUBJECT),
  'instance.attached': events.instanceAttached(SUBJECT, { removed: 'i-2' }),
  'instance.orphaned': events.instanceOrphaned(SUBJECT, { reason: 'its group has gone' }),
  'rotation.started': events.rotationStarted(ROTATION, ROTATION_REQUEST),
  'rotation.batch': events.rotationBatch(ROTATION, { group: 'workers', nodes: ['ip-10-0-1-2'] }),
  'rotation.surged': events.rotationSurged(ROTATION, { group: 'workers', from: 3, to: 4 }),
  'rotation.waiting': events.rotationWaiting(ROTATION, { group: 'workers', waitingFor: ['i-1 has no node'] }),
  'rotation.continued': events.rotationContinued(ROTATION, { part: 2 }),
  'rotation.finished': events.rotationFinished(ROTATION, { result: 'failed', reason: 'r' }, { groups: [] }),
  'replacement.ready': events.replacementReady(SUBJECT, { seconds: 95 }),
  'return.awaited': events.returnAwaited(SUBJECT, { why: 'its reboot', until: NOON }),
  'launch.completed': events.launchCompleted(SUBJECT, { outcome: 'completed' }),
  'instance.left': events.instanceLeft(SUBJECT),
  'retirement.finished': events.retirementFinished(SUBJECT, { result: 'drained', seconds: 60 }),
  'operation.requested': events.operationRequested(
    { action: 'rotate', asked: 'prod' },
    { by: 'arn:aws:iam::123456789012:user/operator', from: '203.0.113.7' },
  ),
  'operation.answered': events.operationAnswered(
    { action: 'rotate', asked: 'prod' },
    { result: 'done', rotation: 'r1' },
  ),
  'operation.refused': events.operationRefused({ from: '203.0.113.7', reason: 'no signature' }),
  'withdrawal.requested': events.withdrawalRequested({
    asked: 'i-1',
    by: 'holder of the secret',
    from: '203.0.113.7',
    dryRun: false,
    timeoutSeconds: 60,
  }),
  'withdrawal.answered': events.withdrawalAnswered({ asked: 'i-1', status: 404, seconds: 0, pools: [] }),
  'withdrawal.refused': events.withdrawalRefused({ from: '203.0.113.7', reason: 'the secret is missing' }),
  'secret.unreadable': events.secretUnreadable({ from: '203.0.113.7', reason: 'AccessDeniedException' }),
  'marks.unreadable': events.marksUnreadable({ cluster: 'prod', node: 'ip-10-0-1-2', reason: 'r' }),
  'cluster.unswept': events.clusterUnswept({ cluster: 'prod', reason: 'connection refused' }),
  'sweep.finished': events.sweepFinished({
    groups: 3,
    waiting: 2,
    started: 1,
    tainted: 1,
    restored: 1,
    clustersAway: 0,
  }),
  'node.drifted': events.nodeDrifted({ ...PLACE, reasons: ['ami'], explanation: 'runs ami-1' }),
  'node.current': events.nodeCurrent(PLACE),
  'node.unenrolled': events.nodeUnenrolled({ cluster: 'prod', instance: 'i-1', node: 'node-1' }),
  'node.due': events.nodeDue({ ...PLACE, reasons: ['ami'] }),
  'group.stopped': events.groupStopped({ cluster: 'prod', group: 'workers', reason: 'r' }),
  'group.held': events.groupHeld({ cluster: 'prod', group: 'workers', nodes: 2, reason: 'r' }),
  'group.waiting': events.groupWaiting({ cluster: 'prod', group: 'workers', nodes: 2, reason: 'r' }),
  'taints.ignored': events.taintsIgnored({ cluster: 'prod', nodes: ['node-1: r'] }),
  'budget.unreadable': events.budgetUnreadable({ cluster: 'prod', group: 'workers', reason: 'budget.nodes: r' }),
  'shifts.unread': events.shiftsUnread({ cluster: 'prod', reason: 'AccessDeniedException: r' }),
  'drift.finished': events.driftFinished({
    cluster: 'prod',
    nodes: 100,
    groups: 4,
    drifted: 20,
    marked: 3,
    unmarked: 1,
    due: 2,
    waiting: 15,
    stopped: 3,
    seconds: 1.5,
  }),
};

const SUBJECTLESS = new Set([
  'notice.ignored',
  'notice.refused',
  'notice.released',
  'retirement.requested',
  'withdrawal.requested',
  'withdrawal.answered',
  'withdrawal.refused',
  'secret.unreadable',
  'marks.unreadable',
  'cluster.unswept',
  'sweep.finished',
  'node.drifted',
  'node.current',
  'node.unenrolled',
  'node.due',
  'group.stopped',
  'group.held',
  'group.waiting',
  'rotation.started',
  'rotation.batch',
  'rotation.surged',
  'rotation.waiting',
  'notice.unverified',
  'notice.failed',
  'isolation.left',
  'rotation.continued',
  'rotation.finished',
  'taints.ignored',
  'budget.unreadable',
  'shifts.unread',
  'drift.finished',
  'rotation.started',
  'rotation.batch',
  'rotation.surged',
  'rotation.waiting',
  'rotation.continued',
  'rotation.finished',
  'operation.requested',
  'operation.answered',
  'operation.refused',
  'compute.disabled',
  'compute.enabled',
  'guest.migrating',
  'guest.moved',
  'guest.failed',
  'guest.aborted',
  'guest.stayed',
  'host.evacuated',
  'evacuation.failed',
  'cloud.away',
  'cloud.unsynced',
  'hypervisors.synced',
]);

describe('every domain event (contract 13.0)', () => {
  test.each(Object.entries(EVENTS))('%s is plain JSON, and says its type', (type, event) => {
    expect(JSON.parse(JSON.stringify(event))).toStrictEqual(event);
    expect(event.type).toBe(type);
  });

  test.each(Object.entries(EVENTS).filter(([type]) => !SUBJECTLESS.has(type)))(
    '%s says whom it is about',
    (_t, event) => {
      expect(event).toMatchObject(SUBJECT);
    },
  );

  test.each(Object.entries(EVENTS))('%s carries nothing of a pod but its name, uid and grace', (_type, event) => {
    expect(JSON.stringify(event)).not.toContain('hidden');
  });
});

test('a deadline is told as ISO 8601', () => {
  expect(EVENTS['retirement.started'].deadline).toBe('2026-01-05T13:00:00.000Z');
});

test('a blocked eviction is told with the sentence that explains it (contract 13.2)', () => {
  expect(EVENTS['eviction.blocked']).toMatchObject({
    pod: 'shop/web-1',
    uid: 'uid of web-1',
    explanation: expect.stringMatching(/shop\/a and shop\/b/) as string,
  });
});

test('an eviction is told without a warning when there is none', () => {
  expect(events.podEvicted(SUBJECT, POD, { graceSeconds: 30 })).not.toHaveProperty('warning');
});

test('a forced pod is told with the grace that it was given, not its own (contract 5.3)', () => {
  expect(EVENTS['pod.forced'].graceSeconds).toBe(12);
});
