/**
 * The entry `lambdas/node-retirement.ts` in AWS's own local runner: what it does is replayed after each suspension, and
 * each step and domain event stands there once (faults 30). Deadlines and crashes are not its business
 * (ARCHITECTURE.md).
 */
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import type { DurableLambdaHandler } from '@aws/durable-execution-sdk-js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { clusterRoleManifests } from '../../infra/cluster-role/cluster-role.ts';
import { parseConfiguration } from '../../infra/configuration/parse-configuration.ts';
import { parseEvent } from '../../lambdas/adapters/event-bridge/interruption-events.ts';
import type { DomainEvent } from '../../lambdas/core/events/domain-event.ts';
import { clusterParameter } from '../../lambdas/entry/configuration/configuration.ts';
import { AwsPeer } from '../peers/aws/peer.ts';
import { DrivenClock } from '../peers/clock.ts';
import { KubernetesPeer } from '../peers/kubernetes/peer.ts';

/** The ARN under which the local runner runs a function has this account and region. */
const HOME = { accountId: '123456789012', region: 'us-east-2' };
const CLUSTER = 'production';
const GROUP = 'workers';

let aws: AwsPeer;
let kubernetes: KubernetesPeer;
let events: DomainEvent[];
let handler: DurableLambdaHandler;

beforeAll(async () => {
  const clock = new DrivenClock();
  aws = await AwsPeer.start({ clock, ...HOME });
  kubernetes = await KubernetesPeer.start({
    clock,
    authenticate: async (bearer) => {
      const verdict = await aws.sts.verifyEksToken(bearer, CLUSTER);
      return verdict.ok ? verdict.identity : undefined;
    },
  });
  aws.eks.addCluster({ name: CLUSTER, endpoint: kubernetes.url, ca: kubernetes.ca });
  aws.autoScaling.addGroup({ name: GROUP, desired: 0 });
  aws.autoScaling.putHook(GROUP, {
    name: 'ebb-drain',
    transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    heartbeatTimeout: 7_200,
    notificationMetadata: JSON.stringify({ cluster: CLUSTER }),
  });
  const { clusters } = parseConfiguration({ clusters: [{ name: CLUSTER, groups: [{ name: GROUP }] }] });
  for (const cluster of clusters) aws.ssm.put(`/ebb/clusters/${cluster.name}`, clusterParameter(cluster));
  for (const manifest of clusterRoleManifests('ebb')) kubernetes.world.apply(manifest as never);
  const environment = {
    ...aws.environment(),
    EBB_HOOK_NAME: 'ebb-drain',
    EBB_CLUSTER_PARAMETERS: '/ebb/clusters/',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  await LocalDurableTestRunner.setupTestEnvironment({ skipTime: true });
  // The entry reads its settings and makes its clients when it is loaded.
  const entry = await import('../../lambdas/node-retirement.ts');
  handler = entry.handler as unknown as DurableLambdaHandler;
});
afterAll(async () => {
  // The peers first: once the runner's timers are taken away, sockets that were opened under them never close.
  await kubernetes.stop();
  await aws.stop();
  await LocalDurableTestRunner.teardownTestEnvironment();
  vi.unstubAllEnvs();
});

beforeEach(() => {
  events = [];
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      for (const line of String(text).split('\n')) note(line);
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
});

function note(line: string): void {
  if (!line.includes('"type":')) return;
  events.push(JSON.parse(line) as DomainEvent);
}

/** An instance of the group whose hook waits, and the notice that the router would make. */
function leaving({ joins }: { joins: boolean }): { instance: string; node: string; payload: unknown } {
  const instance = aws.autoScaling.addInstance(GROUP, { zone: 'us-east-2a' });
  const node = aws.instances.get(instance).privateDnsName ?? '';
  if (joins) kubernetes.world.addNode({ name: node, providerID: `aws:///us-east-2a/${instance}` });
  const member = aws.autoScaling.findMember(instance);
  if (member === undefined) throw new Error(`${instance} is in no group`);
  aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
  const parsed = parseEvent(aws.eventBridge.events.at(-1));
  return { instance, node, payload: parsed.kind === 'notice' ? parsed.notice : undefined };
}

async function run(payload: unknown) {
  const runner = new LocalDurableTestRunner<unknown>({ handlerFunction: handler });
  const execution = await runner.run({ payload });
  const operations = execution.getOperations();
  return {
    execution,
    steps: operations.map((operation) => `${operation.getType() ?? ''} ${operation.getName() ?? ''}`),
    invocations: execution.getInvocations().length,
  };
}

const completions = (instance: string) =>
  aws.autoScaling.history(instance).filter((entry) => entry.kind === 'completion');

describe('the durable function', () => {
  test('drains a node in the steps of a retirement, in order', async () => {
    const { instance, node, payload } = leaving({ joins: true });
    kubernetes.world.addBarePod({ namespace: 'shop', name: 'bare', node, shutdownSeconds: 0.3 });
    await kubernetes.whenSettled();
    const { execution, steps } = await run(payload);
    expect(execution.getResult()).toEqual({ result: 'drained' });
    expect(steps).toEqual([
      'STEP verify',
      'STEP find-node',
      'STEP isolate',
      'STEP slot',
      'STEP withdraw',
      'STEP drain',
      'STEP detach-until',
      'STEP detach',
      'STEP complete',
      'STEP finish',
    ]);
    expect(completions(instance)).toMatchObject([{ result: 'CONTINUE', by: 'call' }]);
    expect(events.map(({ type }) => type)).toEqual([
      'retirement.started',
      'node.isolated',
      'drain.planned',
      'pod.evicted',
      'pod.gone',
      'node.drained',
      'volumes.detached',
      'hook.completed',
      'retirement.finished',
    ]);
  });

  test('is replayed after each suspension: no step runs twice, and each domain event is told once', async () => {
    const { instance, payload } = leaving({ joins: false });
    const { execution, steps, invocations } = await run(payload);
    expect(execution.getResult()).toEqual({ result: 'never joined' });
    expect(invocations).toBeGreaterThan(1);
    expect(steps).toEqual([
      'STEP verify',
      'STEP find-node',
      'WAIT find-node',
      'STEP find-node',
      'WAIT find-node',
      'STEP find-node',
      'STEP complete',
      'STEP finish',
    ]);
    expect(events.map(({ type }) => type)).toEqual([
      'retirement.started',
      'retirement.suspended',
      'retirement.suspended',
      'node.missing',
      'hook.completed',
      'retirement.finished',
    ]);
    expect(completions(instance)).toHaveLength(1);
  });

  test('fails on a payload that is no notice, naming what is wrong, and touches nothing (contract 1.1)', async () => {
    const before = aws.requests.length;
    const { execution, steps } = await run({ kind: 'asg-terminate', instance: 'x' });
    expect(execution.getError().errorMessage).toContain('event.instance');
    expect(steps).toEqual([]);
    expect(aws.requests.length).toBe(before);
  });
});
