/**
 * The endpoint as it is deployed: the bundled function behind its URL, under the template's role and resource policy,
 * with Elastic Load Balancing and EC2 over the wire (contract 7.4).
 */
import { App, Stack } from 'aws-cdk-lib';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../infra/configuration/parse-configuration.ts';
import { TrafficEndpoint } from '../../infra/traffic-endpoint.ts';
import type { ConfigurationInput } from '../../lambdas/entry/configuration/configuration.ts';
import { deployTemplate } from '../peers/aws/deployment/deploy.ts';
import { DEFAULT_VPC } from '../peers/aws/ec2/instances.ts';
import { AwsPeer } from '../peers/aws/peer.ts';
import { DrivenClock } from '../peers/clock.ts';
import { askUrl, type AskedUrl, type UrlAnswer } from './ask-url.ts';

const CLUSTER = 'production';
const TAGGED = { [`kubernetes.io/cluster/${CLUSTER}`]: 'owned' };
const SECRET = 'correct horse/battery+staple';
const SECRET_NAME = 'ebb/endpoint';

let aws: AwsPeer;
let lines: string[];
let assembly: string;
let instance: string;
let secrets: { readonly server: Server; readonly asked: string[]; refuses: boolean };

beforeEach(async () => {
  aws = await AwsPeer.start({ clock: new DrivenClock() });
  lines = [];
  aws.lambda.onLog(({ line }) => lines.push(line));
  assembly = mkdtempSync(join(tmpdir(), 'ebb-endpoint-'));
  instance = aws.instances.launch({ tags: TAGGED }).instanceId;
  secrets = await secretsManager();
});
afterEach(async () => {
  await aws.stop();
  rmSync(assembly, { recursive: true, force: true });
  secrets.server.closeAllConnections();
  await new Promise((resolve) => secrets.server.close(resolve));
});

/** What Secrets Manager says to a role without the right, or whose key is somebody else's. */
const DENIED = {
  __type: 'AccessDeniedException',
  Message: `User: arn:aws:sts::123456789012:assumed-role/endpoint/x is not authorized to perform: secretsmanager:GetSecretValue on resource: ${SECRET_NAME}`,
};

/** Answers the one secret to whoever asks. */
async function secretsManager(): Promise<typeof secrets> {
  const asked: string[] = [];
  const manager = { asked, refuses: false };
  const server = createServer((request, response) => {
    asked.push(String(request.headers['x-amz-target']));
    // A date would be real time, by which the SDK would correct its driven clock.
    response.sendDate = false;
    if (manager.refuses) response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(manager.refuses ? DENIED : { SecretString: `${SECRET}\n` }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  aws.lambda.extraEnvironment.AWS_ENDPOINT_URL_SECRETS_MANAGER = `http://127.0.0.1:${port}`;
  return Object.assign(manager, { server });
}

/** Deploys the endpoint alone. */
function deploy(given: ConfigurationInput['endpoint'] = {}): void {
  const clusters = [{ name: CLUSTER, groups: [{ name: 'workers' }] }];
  const configuration = parseConfiguration({ clusters, endpoint: { vpcs: [DEFAULT_VPC], ...given } });
  const { endpoint } = configuration;
  const app = new App({ outdir: assembly, analyticsReporting: false, builtinCloudFormationValidation: false });
  if (endpoint) new TrafficEndpoint(new Stack(app, 'Ebb'), 'Traffic', { configuration, endpoint });
  app.synth();
  deployTemplate(aws, assembly);
}

const events = (): unknown[] => lines.map((line) => JSON.parse(line) as unknown);

/** The answer to a request to the URL. @param target path and query */
function ask(target: string, asked: AskedUrl = {}): Promise<UrlAnswer> {
  return askUrl(aws, 'TrafficEndpoint', target, asked);
}

/** A target group whose targets drain for half a minute, with the instance in it. */
function addGroup(name: string, tags: Record<string, string> = TAGGED): void {
  const elb = aws.elasticLoadBalancing;
  if (elb.loadBalancers.size === 0) elb.addLoadBalancer({ name: 'front' });
  elb.addTargetGroup({ name, deregistrationDelay: 30, loadBalancers: ['front'], tags });
  elb.register(name, [{ id: instance }]);
}

const stateIn = (group: string): string => aws.elasticLoadBalancing.health(group, { id: instance }).state;

// Each bundles and deploys the function.
const SLOW = { timeout: 120_000 };

describe('with IAM', SLOW, () => {
  test('only a signed request takes the instance out, and is answered once its targets have drained', async () => {
    deploy();
    addGroup('web');
    expect((await ask(`/drain?id=${instance}`)).status).toBe(403);
    expect([stateIn('web'), lines]).toEqual(['healthy', []]);
    const draining = await ask(`/drain?id=${instance}&timeout=5`, { signed: true, driven: true });
    expect([draining.status, draining.headers.get('retry-after')]).toEqual([202, '15']);
    expect(stateIn('web')).toBe('draining');
    const { privateIp } = aws.instances.get(instance);
    const body = JSON.stringify({ ip: privateIp, timeout: 90 });
    const done = await ask('/drain', {
      signed: true,
      driven: true,
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([done.status, done.content]).toEqual([200, { result: 'withdrawn', instance, pools: [] }]);
    expect(stateIn('web')).toBe('unused');
    expect(events()).toMatchObject([
      { type: 'withdrawal.requested', asked: instance, by: 'arn:aws:iam::123456789012:user/administrator' },
      { type: 'withdrawal.answered', asked: instance, status: 202, pools: ['web'] },
      { type: 'withdrawal.requested', asked: privateIp, timeoutSeconds: 90 },
      { type: 'withdrawal.answered', asked: privateIp, instance, status: 200, pools: [] },
    ]);
    expect(secrets.asked).toEqual([]);
  });

  test('its role may change only what is tagged for a configured cluster, and says so', async () => {
    deploy();
    addGroup('web');
    addGroup('other', { 'kubernetes.io/cluster/staging': 'owned' });
    const { status, content } = await ask(`/drain?id=${instance}&timeout=0`, { signed: true });
    expect(status).toBe(502);
    expect(content).toMatchObject({
      reason: expect.stringContaining('target group other: AccessDenied') as string,
      fix: expect.stringContaining('endpoint.untagged') as string,
    });
    expect([stateIn('web'), stateIn('other')]).toEqual(['draining', 'healthy']);
  });

  test('it may change everything where the configuration says so', async () => {
    deploy({ untagged: true });
    addGroup('other', {});
    aws.elasticLoadBalancing.addClassicBalancer({ name: 'old', connectionDraining: 5 });
    aws.elasticLoadBalancing.registerInstances('old', [instance]);
    expect((await ask(`/drain?id=${instance}&timeout=90`, { signed: true, driven: true })).status).toBe(200);
    expect(stateIn('other')).toBe('unused');
    expect(aws.elasticLoadBalancing.classicBalancer('old').backends.all).toEqual([]);
  });
});

describe('with a secret', SLOW, () => {
  test('hasta-la-vista’s documented request is answered, and the secret stands in no log (contract 13.3, faults 75)', async () => {
    deploy({ secretName: SECRET_NAME });
    addGroup('web');
    const pw = encodeURIComponent(SECRET);
    expect((await ask(`/drain?id=${instance}&pw=${pw}`, { driven: true })).status).toBe(200);
    expect(stateIn('web')).toBe('unused');
    expect(await ask(`/drain?ip=${aws.instances.get(instance).privateIp}&pw=${pw}`)).toMatchObject({ status: 200 });
    expect(await ask(`/drain?id=${instance}`, { headers: { authorization: `Bearer ${SECRET}` } })).toMatchObject({
      status: 403,
    });
    expect(secrets.asked).toEqual(['secretsmanager.GetSecretValue']);
    expect(lines).toHaveLength(5);
    for (const text of [SECRET, pw]) expect(lines.join('\n')).not.toContain(text);
  });

  test('that cannot be read, a stranger is told nothing of the account, and the log says why', async () => {
    deploy({ secretName: SECRET_NAME });
    secrets.refuses = true;
    const { status, content } = await ask(`/drain?id=${instance}&pw=${encodeURIComponent(SECRET)}`, { driven: true });
    expect(status).toBe(502);
    expect(JSON.stringify(content)).not.toMatch(/123456789012|assumed-role|ebb\/endpoint|secretsmanager/);
    expect(events()).toMatchObject([
      { type: 'secret.unreadable', reason: expect.stringContaining(DENIED.Message) as string },
      { SecretUnreadable: 1 },
    ]);
  });

  test('what is refused changes nothing', async () => {
    deploy({ secretName: SECRET_NAME });
    addGroup('web');
    const pw = encodeURIComponent(SECRET);
    const stranger = aws.instances.launch({ vpcId: 'vpc-0fedcba9876543210', privateIp: '10.1.0.1' }).instanceId;
    const type = { 'content-type': 'application/json' };
    const refused: [number, string, AskedUrl?][] = [
      [403, `/drain?id=${instance}`],
      [403, `/drain?id=${instance}&pw=wrong`],
      [400, `/drain?pw=${pw}`],
      [400, `/drain?pw=${pw}&id=${instance}&ip=10.0.0.10`],
      [400, `/drain?pw=${pw}&id=${instance}&id=${instance}`],
      [400, `/drain?pw=${pw}&id=i-nothing`],
      [400, `/drain?pw=${pw}&id=${instance}%00`],
      [400, `/drain?pw=${pw}&ip=10.0.0.300`],
      [404, `/drain?pw=${pw}&id=i-0fedcba9876543210`],
      [404, `/drain?pw=${pw}&id=${stranger}`],
      [404, `/drain?pw=${pw}&ip=10.1.0.1`],
      [404, `/?pw=${pw}&id=${instance}`],
      [405, `/drain?pw=${pw}&id=${instance}`, { method: 'GET', headers: { 'x-http-method-override': 'POST' } }],
      [413, `/drain?pw=${pw}&id=${instance}`, { headers: type, body: 'x'.repeat(1_048_576) }],
      [413, `/drain?pw=${pw}&id=${instance}`, { body: 'x'.repeat(1_048_576) }],
      [415, `/drain?pw=${pw}`, { body: `id=${instance}` }],
    ];
    for (const [status, target, asked] of refused)
      expect([target, await ask(target, asked)]).toMatchObject([target, { status }]);
    expect(aws.requests.filter(({ action }) => action.startsWith('Deregister'))).toEqual([]);
    expect(stateIn('web')).toBe('healthy');
    expect(await ask('/health', { method: 'GET' })).toMatchObject({ status: 200, content: { result: 'healthy' } });
  });
});

test(
  'when AWS fails or does not answer, however often it is asked, it says so; afterwards it works',
  SLOW,
  async () => {
    deploy();
    addGroup('web');
    for (const [kind, status] of [['throttle', 502] as const, ['reset', 504] as const]) {
      const end = aws.faults.inject({ kind, action: 'DescribeInstances', times: Infinity });
      const { headers, ...answer } = await ask(`/drain?id=${instance}`, { signed: true, driven: true });
      expect(answer).toMatchObject({ status, content: { error: expect.stringMatching(/^AWS /) as string } });
      expect(headers.get('retry-after')).toBe('15');
      end();
    }
    expect(stateIn('web')).toBe('healthy');
    expect((await ask(`/drain?id=${instance}&timeout=90`, { signed: true, driven: true })).status).toBe(200);
  },
);
