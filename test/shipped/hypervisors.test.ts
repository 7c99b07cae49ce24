/**
 * Compute hosts of OpenStack as they are shipped: a retirement evacuates its node first, the sync follows cordons, and an
 * evacuation is asked for by name (contract 11.4). On the AWS, Kubernetes and OpenStack peers, with the template's roles.
 */
import { execFile } from 'node:child_process';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { executionName, requestedNoticeSchema } from '../../lambdas/core/notice/notice.ts';
import { Installation } from '../installation.ts';
import { DrivenClock } from '../peers/clock.ts';
import type { Execution } from '../peers/aws/lambda/durable/execution.ts';
import type { Server } from '../peers/openstack/cloud.ts';
import { OpenStackPeer } from '../peers/openstack/peer.ts';

const CLUSTER = 'production';
const GROUP = 'computes';
const SECRET = 'ebb/openstack';
const PASSWORD = 'adminpw';
const HOST_ANNOTATION = 'ebb/nova-host';

let installation: Installation;
let cloud: OpenStackPeer;

beforeAll(async () => {
  const clock = new DrivenClock();
  cloud = await OpenStackPeer.start({ clock });
  installation = await Installation.start({
    clock,
    nodes: 4,
    configuration: {
      clusters: [
        {
          name: CLUSTER,
          groups: [{ name: GROUP }],
          maxLeaving: '100%',
          openstack: { secret: SECRET, hosts: cloud.hosts, allowHttp: true },
        },
      ],
    },
  });
  installation.aws.secrets.put(
    SECRET,
    JSON.stringify({
      IdentityEndpoint: `${cloud.authUrl}/`,
      Username: 'admin',
      Password: PASSWORD,
      TenantName: 'admin',
      DomainID: 'default',
    }),
  );
  for (const [index, instance] of installation.aws.autoScaling.instanceIds(GROUP).entries())
    nameHost(installation.nodeOf(instance), `hv-${index}`);
}, 300_000);

afterAll(async () => {
  await installation.stop();
  await cloud.stop();
});

afterEach(() => {
  cloud.state.servers.clear();
});

/** The node is a compute host of that name. */
function nameHost(node: string, host: string): void {
  const found = installation.kubernetes.node(node);
  if (found === undefined) throw new Error(`no node ${node}`);
  const annotations = { ...found.metadata.annotations, [HOST_ANNOTATION]: host };
  installation.kubernetes.world.apply({ ...found, metadata: { ...found.metadata, annotations } });
  cloud.state.addHost(host);
}

function guest(name: string, host: string, facts: Partial<Server> & { tenant?: string } = {}): Server {
  const { tenant = 'admin', ...others } = facts;
  return cloud.state.addServer(name, { project: cloud.state.project(tenant), host, ...others });
}

/** Drives all clocks, also past the waits of functions, until the goal is reached. */
function drive<T>(goal: Promise<T> | (() => T | false | undefined)): Promise<T> {
  return installation.aws.driveUntil(goal, { whileRunning: true, busy: () => !cloud.activity.idle });
}

function start(entry: 'HypervisorEvacuation' | 'NodeRetirement', payload: object, name: string): Execution {
  const request = { function: installation.functionNamed(entry), qualifier: 'live', payload: JSON.stringify(payload) };
  const execution = installation.aws.lambda.invokeAsync({ ...request, durableExecutionName: name });
  if (execution === undefined) throw new Error(`${entry} is no durable function`);
  return execution;
}

async function ended(execution: Execution): Promise<Record<string, unknown>> {
  await drive(() => execution.stoppedAt);
  return JSON.parse(execution.result ?? '{}') as Record<string, unknown>;
}

/** Runs the sync once, as its schedule does. */
async function sync(event: object = {}): Promise<unknown> {
  const { lambda } = installation.aws;
  const resolved = lambda.resolve(installation.functionNamed('HypervisorSync'), 'live');
  const outcome = await drive(lambda.invokeSync(resolved, JSON.stringify(event)));
  return JSON.parse(('payload' in outcome ? outcome.payload : undefined) ?? 'null');
}

function reported(type: string): readonly object[] {
  return installation.events.filter((event) => event.type === type);
}

const instances = (): string[] => installation.aws.autoScaling.instanceIds(GROUP);
const hostsOf = (name: string): (string | undefined)[] =>
  [...cloud.state.servers.values()].filter((server) => server.name === name).map(({ host }) => host);
const LONG = { timeout: 180_000 };

/** `ebb evacuate`, in a process of its own, whose time is real: nobody drives the clock meanwhile. */
function ebbEvacuate(args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { aws } = installation;
  const functionName = installation.functionNamed('HypervisorEvacuation');
  const arn = `arn:aws:lambda:${aws.account.region}:${aws.account.accountId}:function:${functionName}:live`;
  const env = { ...process.env, ...aws.environment() };
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['infra/cli/ebb.js', 'evacuate', ...args, '--function', arn, '--cluster', CLUSTER],
      { env },
      (error, stdout, stderr) => {
        done({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
  });
}

test('ebb evacuate asks the function, waits, and ends with what became of the guests', LONG, async () => {
  guest('vm', 'hv-0');
  const moved = await ebbEvacuate(['hv-0', '--json']);
  expect(moved).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(moved.stdout)).toEqual({ host: 'hv-0', result: 'evacuated', moved: 1, gone: 0, stayed: [] });
  const unknown = await ebbEvacuate(['hv-9']);
  expect(unknown).toMatchObject({
    code: 1,
    stdout: 'the host: refused: Nova has no compute host hv-9: it has hv-0, hv-1, hv-2, hv-3\n',
  });
  Object.assign(cloud.state.host('hv-0') ?? {}, { status: 'enabled', reason: null });
});

test('a host is evacuated on request, and the result says what became of its guests', LONG, async () => {
  for (const [index, tenant] of ['admin', 'tenant-b', 'tenant-c'].entries()) guest(`vm-${index}`, 'hv-0', { tenant });
  guest('broken', 'hv-0', { vm: 'error', fault: 'disk is gone' });
  const execution = start('HypervisorEvacuation', { cluster: CLUSTER, host: 'hv-0' }, 'asked-1');
  expect(await ended(execution)).toMatchObject({
    result: 'left',
    host: 'hv-0',
    moved: 3,
    stayed: [{ name: 'broken', reason: 'it is in ERROR: disk is gone' }],
  });
  expect(hostsOf('broken')).toEqual(['hv-0']);
  expect(hostsOf('vm-0')).not.toEqual(['hv-0']);
  expect(cloud.state.host('hv-0')).toMatchObject({
    status: 'disabled',
    reason: 'Ebb (ebb): host hv-0 is evacuated (asked-1)',
  });
});

test('a request with faults names each, and nothing is done', LONG, async () => {
  const before = cloud.requests.length;
  const execution = start('HypervisorEvacuation', { cluster: CLUSTER, hots: 'hv-0', timeoutSeconds: 5 }, 'asked-2');
  expect(await ended(execution)).toEqual({
    result: 'refused',
    faults: [
      expect.stringMatching(/^timeoutSeconds: must be whole seconds from 60 to 86400/) as string,
      expect.stringMatching(/^hots: is no field/) as string,
    ],
  });
  expect(cloud.requests).toHaveLength(before);
});

test('the sync follows cordon and uncordon, and enables only what Ebb has disabled', LONG, async () => {
  const [, second = '', third = ''] = instances();
  const node = installation.nodeOf(second);
  const { kubernetes, aws } = installation;
  Object.assign(cloud.state.host('hv-2') ?? {}, { status: 'disabled', reason: 'memory is broken' });
  Object.assign(cloud.state.host('hv-0') ?? {}, { status: 'enabled', reason: null });
  guest('vm', 'hv-1');
  const before = aws.lambda.executions.length;
  kubernetes.world.cordon(node);
  expect(await sync({ dryRun: true })).toContainEqual({ cluster: CLUSTER, node, host: 'hv-1', action: 'evacuate' });
  expect(cloud.state.host('hv-1')?.status).toBe('enabled');
  await sync();
  const started = (): Execution[] => aws.lambda.executions.slice(before);
  const execution = await drive(() => started()[0]);
  // While it runs, another run of the sync starts no second one.
  await sync();
  expect(await ended(execution)).toMatchObject({ result: 'evacuated', host: 'hv-1', moved: 1 });
  expect(started()).toHaveLength(1);
  expect(cloud.state.host('hv-1')?.reason).toMatch(new RegExp(`^Ebb \\(ebb\\): node ${node} is cordoned`));
  await sync();
  expect(cloud.state.host('hv-1')?.status).toBe('disabled');
  kubernetes.world.cordon(node, false);
  await sync();
  expect(cloud.state.host('hv-1')).toMatchObject({ status: 'enabled', reason: null });
  expect(cloud.state.host('hv-2')).toMatchObject({ status: 'disabled', reason: 'memory is broken' });
  expect(reported('compute.enabled')).toEqual([expect.objectContaining({ host: 'hv-1', node })]);
  Object.assign(cloud.state.host('hv-2') ?? {}, { status: 'enabled', reason: null });
  expect(installation.nodeOf(third)).not.toBe(node);
});

test(
  'a retirement evacuates its node before pods are evicted, and spares nova-compute where a guest stays',
  LONG,
  async () => {
    const { aws, kubernetes } = installation;
    const [, , third = ''] = instances();
    const node = installation.nodeOf(third);
    guest('vm', 'hv-2');
    guest('stopped', 'hv-2', { vm: 'stopped' });
    guest('broken', 'hv-2', { vm: 'error' });
    kubernetes.world.addDeployment({ namespace: 'shop', name: 'web', replicas: 2, nodes: [node] });
    const labels = { application: 'nova', component: 'compute' };
    kubernetes.world.addBarePod({ namespace: 'openstack', name: 'nova-compute', node, labels });
    await drive(kubernetes.whenSettled());
    const member = aws.autoScaling.findMember(third);
    if (member === undefined) throw new Error('the instance is in no group');
    aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
    const execution = await drive(() => aws.lambda.executions.find(({ name }) => name.includes(third)));
    await drive(() => execution.stoppedAt);
    expect(hostsOf('vm')).not.toEqual(['hv-2']);
    expect(hostsOf('stopped')).not.toEqual(['hv-2']);
    expect(hostsOf('broken')).toEqual(['hv-2']);
    const types = installation.events
      .filter((event) => 'execution' in event && event.execution === execution.name)
      .map(({ type }) => type);
    expect(types.indexOf('host.evacuated')).toBeGreaterThan(types.indexOf('node.isolated'));
    expect(types.indexOf('pod.evicted')).toBeGreaterThan(types.indexOf('host.evacuated'));
    const evicted = kubernetes.evictions.filter(({ status }) => status === 201).map(({ pod }) => pod);
    expect(evicted.some((pod) => pod.startsWith('web-'))).toBe(true);
    expect(evicted).not.toContain('nova-compute');
    expect(types).toContain('hook.completed');
  },
);

test('a voluntary retirement whose guest stays restores its node and enables its service again', LONG, async () => {
  const { aws, kubernetes } = installation;
  const [last = ''] = instances().slice(-1);
  const node = installation.nodeOf(last);
  guest('asleep', 'hv-3', { vm: 'suspended' });
  const { accountId: account, region } = aws.account;
  const terms = { detach: false, release: 'leave', force: true, timeoutSeconds: 3_600 } as const;
  const notice = { account, region, instance: last, group: GROUP, at: aws.clock.now(), cluster: CLUSTER, terms };
  const request = requestedNoticeSchema.parse({ kind: 'request', ...notice });
  const execution = start('NodeRetirement', request, executionName(request));
  await drive(() => execution.stoppedAt);
  const [finished] = installation.events.filter(
    (event) => event.type === 'retirement.finished' && event.execution === execution.name,
  );
  expect(finished).toMatchObject({
    result: 'restored',
    reason: expect.stringMatching(/^guests stay on hv-3: asleep /) as string,
  });
  expect(kubernetes.node(node)?.spec.unschedulable).toBeFalsy();
  expect(cloud.state.host('hv-3')).toMatchObject({ status: 'enabled', reason: null });
});

test('neither logs nor checkpoints have the password or a token (contract 13.3, faults 75)', () => {
  const { aws } = installation;
  const secrets = [PASSWORD, ...cloud.state.tokens.keys()];
  expect(secrets.length).toBeGreaterThan(2);
  const kept = aws.lambda.executions.map((execution) => JSON.stringify(execution.operations));
  const all = [...installation.otherLines, JSON.stringify(installation.events), ...kept].join('\n');
  expect(all.length).toBeGreaterThan(10_000);
  for (const secret of secrets) expect(all).not.toContain(secret);
});
