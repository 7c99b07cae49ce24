/**
 * A cluster that is not EKS, as kops makes one, on the shipped bundles: the stack's rights, the functions and the
 * kubeconfig in Secrets Manager (contract 15.1). The Kubernetes peer takes no token of EKS's here.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { driveUntil } from '../driving/timelapse.ts';
import { MINUTE } from '../given.ts';
import { Installation, KUBECONFIG_USER } from '../installation.ts';
import type { Execution } from '../peers/aws/lambda/durable/execution.ts';
import { makeClientAuthority, signClientCertificate, type CertifiedKey } from '../peers/kubernetes/access/tls.ts';

const CLUSTER = 'k8s.example.com';
const GROUP = 'nodes.k8s.example.com';
const SECRET = 'ebb/k8s.example.com';
const GROUPS = ['ebb'];

let installation: Installation;

beforeAll(async () => {
  installation = await Installation.start({
    configuration: {
      clusters: [
        {
          name: CLUSTER,
          access: { kubeconfigSecret: SECRET },
          groups: [{ name: GROUP, heartbeatTimeoutSeconds: 300 }],
          drift: { kubelet: true },
        },
      ],
    },
    nodes: 3,
    sweeps: true,
    drifts: true,
  });
});
afterAll(async () => {
  await installation.stop();
});

function letGo(instance: string): void {
  const member = installation.aws.autoScaling.findMember(instance);
  if (member === undefined) throw new Error(`${instance} is in no group`);
  installation.aws.autoScaling.capacity.terminate(member, 'a test takes it out of service');
}

/** The retirement of an instance, once it has ended. */
async function ended(instance: string): Promise<Execution> {
  const execution = (): Execution | undefined =>
    installation.aws.lambda.executions.find(({ name }) => name.includes(instance));
  await driveUntil(installation, () => (execution()?.status ?? 'RUNNING') !== 'RUNNING');
  const found = execution();
  if (found === undefined) throw new Error(`no retirement of ${instance} has begun`);
  return found;
}

function retired(instance: string): Promise<Execution> {
  letGo(instance);
  return ended(instance);
}

/** Drives until the first pod of a deployment has been evicted. */
function evicting(deployment: string): Promise<void> {
  return driveUntil(installation, () =>
    installation.kubernetes.evictions.some(({ pod }) => pod.startsWith(deployment)),
  );
}

/** A fresh instance of the group, whose node has pods that take a while to end. */
async function leaver(name: string, shutdownSeconds = 5): Promise<{ instance: string; node: string }> {
  const instance = installation.addNode(GROUP);
  const node = installation.nodeOf(instance);
  installation.kubernetes.world.addDeployment({ namespace: 'shop', name, replicas: 3, nodes: [node], shutdownSeconds });
  await installation.kubernetes.settle();
  return { instance, node };
}

/** Puts a kubeconfig with another token into the secret, and makes the one before nobody's. */
function rotateToken(user: string): void {
  const { aws, kubernetes } = installation;
  const before = tokenInSecret();
  aws.secrets.put(SECRET, kubernetes.kubeconfig(kubernetes.addUser(user, GROUPS), user));
  kubernetes.forgetToken(before);
}

function putCertificate(user: string, { cert, key }: CertifiedKey): void {
  const { aws, kubernetes } = installation;
  aws.secrets.put(SECRET, kubernetes.kubeconfig({ certificate: cert, key }, user));
}

function tokenInSecret(): string {
  return /token: (\S+)/.exec(installation.aws.secrets.find(SECRET)?.text ?? '')?.[1] ?? '';
}

const completions = (instance: string) =>
  installation.aws.autoScaling.history(instance).filter((entry) => entry.kind === 'completion');

/** What the API server answered to Ebb since a request, by user. */
const answered = (since: number) =>
  new Set(installation.kubernetes.requests.entries.slice(since).map(({ user, status }) => `${user} ${status}`));

describe('a node of a cluster with a kubeconfig', () => {
  test('is retired with the token in it, from the event to the completed hook', async () => {
    const { aws, kubernetes } = installation;
    const { instance, node } = await leaver('by-token');
    kubernetes.availability.watch();
    const { status, result } = await retired(instance);
    expect([status, result]).toEqual(['SUCCEEDED', '{"result":"drained"}']);
    expect(kubernetes.podsOn(node)).toEqual([]);
    expect(kubernetes.availability.report().violations).toEqual([]);
    expect(kubernetes.evictions.map(({ user }) => user)).toEqual([KUBECONFIG_USER, KUBECONFIG_USER, KUBECONFIG_USER]);
    expect(completions(instance)).toMatchObject([{ result: 'CONTINUE', by: 'call' }]);
    expect(aws.lambda.deadLetters).toEqual([]);
  });

  test('is found by the tag that kops puts on its group (contract 1.5)', async () => {
    const { aws } = installation;
    const tags = { 'ebb/managed': 'true', [`kubernetes.io/cluster/${CLUSTER}`]: 'owned' };
    aws.autoScaling.addGroup({ name: 'others.k8s.example.com', desired: 0, tags });
    const hook = { name: 'ebb-drain', transition: 'autoscaling:EC2_INSTANCE_TERMINATING' } as const;
    aws.autoScaling.putHook('others.k8s.example.com', hook);
    const instance = installation.addNode('others.k8s.example.com');
    const { status, result } = await retired(instance);
    expect([status, result]).toEqual(['SUCCEEDED', '{"result":"drained"}']);
  });

  test('is drained to its end when the token is withdrawn and the secret rotated in mid drain (faults 33)', async () => {
    const { kubernetes } = installation;
    const { instance, node } = await leaver('rotated', 60);
    const since = kubernetes.requests.entries.length;
    letGo(instance);
    await evicting('rotated');
    rotateToken('ebb-2');
    const { status, result } = await ended(instance);
    expect([status, result]).toEqual(['SUCCEEDED', '{"result":"drained"}']);
    expect(kubernetes.podsOn(node)).toEqual([]);
    for (const answer of [`${KUBECONFIG_USER} 201`, ' 401', 'ebb-2 201']) expect(answered(since)).toContain(answer);
    expect(completions(instance)).toMatchObject([{ result: 'CONTINUE', by: 'call' }]);
  });

  test('is retired with a client certificate, and with the next one when the authority is replaced in mid drain', async () => {
    const { kubernetes } = installation;
    const next = await makeClientAuthority();
    const [now, then] = [
      await kubernetes.addCertificateUser('ebb-3', GROUPS),
      await signClientCertificate(next, 'ebb-4', GROUPS),
    ];
    const token = tokenInSecret();
    putCertificate('ebb-3', now);
    kubernetes.forgetToken(token);
    const { instance, node } = await leaver('certified', 60);
    const since = kubernetes.requests.entries.length;
    letGo(instance);
    await evicting('certified');
    putCertificate('ebb-4', then);
    kubernetes.replaceClientAuthority(next);
    const { status, result } = await ended(instance);
    expect([status, result]).toEqual(['SUCCEEDED', '{"result":"drained"}']);
    expect(kubernetes.podsOn(node)).toEqual([]);
    for (const answer of ['ebb-3 201', ' 401', 'ebb-4 201']) expect(answered(since)).toContain(answer);
  });

  test('is swept and compared with its group, with the control plane’s version from the API server', async () => {
    const { aws, kubernetes } = installation;
    const since = kubernetes.requests.entries.length;
    const finished = (type: string) => installation.events.filter((event) => event.type === type).length;
    const [sweeps, drifts] = [finished('sweep.finished'), finished('drift.finished')];
    const both = (): boolean => finished('sweep.finished') > sweeps + 1 && finished('drift.finished') > drifts + 1;
    await aws.driveUntil(both, { within: 15 * MINUTE });
    expect(installation.events.filter(({ type }) => type === 'cluster.unswept')).toEqual([]);
    const paths = kubernetes.requests.entries.slice(since).map(({ path, status }) => `${path} ${status}`);
    expect(paths).toContain('/version 200');
  });

  test('stays as it is when the kubeconfig cannot be used: the run fails at once and says every fault (contract 6.3)', async () => {
    const { aws, kubernetes } = installation;
    const { instance, node } = await leaver('left');
    const exec = { command: 'aws', args: ['eks', 'get-token'] };
    kubernetes.replaceClientAuthority(await makeClientAuthority());
    aws.secrets.put(SECRET, kubernetes.kubeconfig({ exec }, 'somebody').replace('server: https', 'server: http'));
    const { status, error } = await retired(instance);
    expect(status).toBe('FAILED');
    expect(error?.ErrorMessage).toMatch(
      /the kubeconfig in the secret ebb\/k8s\.example\.com has 2 faults: clusters\[0\]\.cluster\.server must be an https address .*; users\[0\]\.user\.exec must be left out: a Lambda runs no plugin/,
    );
    expect(kubernetes.node(node)?.spec.unschedulable).toBeUndefined();
    expect(kubernetes.podsOn(node)).toHaveLength(3);
    expect(completions(instance)).toEqual([]);
  });
});

test('EKS has not been asked at all, and no secret stands in a log', () => {
  const { aws, events, otherLines } = installation;
  expect(aws.requests.filter(({ service }) => service === 'eks')).toEqual([]);
  const text = aws.secrets.find(SECRET)?.text ?? '';
  expect(aws.requests.some(({ action }) => action === 'GetSecretValue')).toBe(true);
  const lines = [...events.map((event) => JSON.stringify(event)), ...otherLines].join('\n');
  expect(lines).not.toContain('certificate-authority-data:');
  expect(lines).not.toContain(/certificate-authority-data: (\S+)/.exec(text)?.[1]);
});
