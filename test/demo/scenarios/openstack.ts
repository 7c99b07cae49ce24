/**
 * Compute hosts of OpenStack. The instance of one is terminated: its guests are migrated before its pods are evicted. Then the
 * node of another is cordoned by a person: the sync evacuates it, and enables it again after the uncordon.
 */
import { Installation } from '../../installation.ts';
import type { OpenStackPeer } from '../../peers/openstack/peer.ts';
import { OpenStackPeer as Peer } from '../../peers/openstack/peer.ts';
import { DrivenClock } from '../../peers/clock.ts';
import { nodes as nodeResource } from '../../peers/kubernetes/storage/resources.ts';
import { costOf } from '../../driving/retirement-cost.ts';
import { hasEnded, terminate } from '../../driving/termination.ts';
import { completionExpectation } from '../expectations/expectations.ts';
import { guestExpectations, serviceExpectation } from '../expectations/openstack-expectations.ts';
import type { Expectation, Outcome, Scenario } from '../scenario.ts';
import { outcomeOf, secondsSince, stage, type Staged } from '../staging/scene.ts';

const CLUSTER = 'shop';
const GROUP = 'computes';
const SECRET = 'ebb/openstack';
const HEARTBEAT_SECONDS = 300;
const NODES = 3;

/** Guests of the host that goes: seven that can leave, of three tenants, and one that cannot. */
const RUNNING = { 'red-web': 'red', 'red-db': 'red', 'green-web': 'green', 'green-db': 'green', 'blue-web': 'blue' };
const STOPPED = 'blue-nightly';
const FLAKY = 'green-flaky';
const BROKEN = 'red-broken';

export const openstack: Scenario = {
  async run(telling) {
    const clock = new DrivenClock();
    const cloud = await Peer.start({ clock });
    const installation = await Installation.start({
      clock,
      nodes: NODES,
      step: telling.step,
      configuration: {
        clusters: [
          {
            name: CLUSTER,
            groups: [{ name: GROUP, heartbeatTimeoutSeconds: HEARTBEAT_SECONDS }],
            maxLeaving: '50%',
            openstack: { secret: SECRET, hosts: cloud.hosts, allowHttp: true },
          },
        ],
      },
    });
    try {
      const hosts = await furnish(installation, cloud);
      const [{ instance, host } = { instance: '', host: '' }] = hosts;
      const staged = stage(installation, telling, {
        scenario: 'openstack',
        cluster: CLUSTER,
        group: GROUP,
        heartbeatSeconds: HEARTBEAT_SECONDS,
        instance,
        story: `The instance of compute host ${host} is terminated: its 8 guests are migrated first. Then node ${hosts[1]?.node ?? ''} (${hosts[1]?.host ?? ''}) is cordoned, and uncordoned again.`,
      });
      const retired = await retire(staged, cloud, host);
      const followed = await cordonAndUncordon(staged, cloud, hosts[1]);
      const outcome = whole(staged, [...retired.expectations, ...followed.expectations], {
        'guests migrated': retired.at,
        'hook over': retired.overAt,
        'second host empty': followed.at,
        'its service enabled': followed.enabledAt,
      });
      telling.end(outcome);
      return outcome;
    } finally {
      await installation.stop();
      await cloud.stop();
    }
  },
};

interface Host {
  readonly instance: string;
  readonly node: string;
  readonly host: string;
}

/** Each node is a compute host; the first has eight guests. */
async function furnish(installation: Installation, cloud: OpenStackPeer): Promise<Host[]> {
  const { aws, kubernetes } = installation;
  aws.secrets.put(
    SECRET,
    `IdentityEndpoint: "${cloud.authUrl}/"\nUsername: admin\nPassword: adminpw\nTenantName: admin\nDomainID: default\n`,
  );
  const hosts = aws.autoScaling.instanceIds(GROUP).map((instance, index): Host => {
    const host = `hv-${index + 1}`;
    const node = installation.nodeOf(instance);
    cloud.state.addHost(host);
    kubernetes.store.change(nodeResource, { name: node }, ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, 'ebb/nova-host': host };
    });
    return { instance, node, host };
  });
  const [first = { host: '' }] = hosts;
  const add = (name: string, tenant: string, facts: object = {}): void => {
    cloud.state.addServer(name, { project: cloud.state.project(tenant), host: first.host, ...facts });
  };
  for (const [name, tenant] of Object.entries(RUNNING)) add(name, tenant);
  add(STOPPED, 'blue', { vm: 'stopped' });
  add(FLAKY, 'green', { failures: 2 });
  add(BROKEN, 'red', { vm: 'error', fault: 'its volume is gone' });
  const pace = { startSeconds: 1, shutdownSeconds: 1 };
  kubernetes.world.addDeployment({
    namespace: 'shop',
    name: 'web',
    replicas: 6,
    ...pace,
    nodes: hosts.map(({ node }) => node),
  });
  kubernetes.world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
  kubernetes.world.addDaemonSet({ namespace: 'openstack', name: 'nova-compute', ...pace });
  await kubernetes.settle();
  return hosts;
}

function drive(
  { aws, kubernetes }: Installation,
  cloud: OpenStackPeer,
  goal: () => boolean,
  schedules = false,
): Promise<void> {
  const busy = (): boolean => !kubernetes.requests.underWay.idle || !cloud.activity.idle;
  return aws.driveUntil<boolean>(goal, { whileRunning: true, busy, schedules }).then(() => undefined);
}

interface Act {
  readonly at: number | undefined;
  readonly expectations: readonly Expectation[];
}

async function retire(
  staged: Staged,
  cloud: OpenStackPeer,
  host: string,
): Promise<Act & { overAt: number | undefined }> {
  const { installation, scene } = staged;
  const { aws, kubernetes } = installation;
  await terminate(installation, scene.instance);
  await drive(
    installation,
    cloud,
    () => hasEnded(installation) && aws.autoScaling.state(scene.instance) === 'Terminated',
  );
  const leftAt = Math.max(...cloud.state.migrations.map(({ updatedAt }) => updatedAt));
  const evicted = kubernetes.evictions.filter(({ status, at }) => status === 201 && at > scene.at);
  const early = evicted.filter(({ at }) => at < leftAt);
  const foreign = cloud.state.migrations.filter(({ source }) => source !== host);
  return {
    at: leftAt,
    overAt: aws.autoScaling.history(scene.instance).find(({ kind }) => kind === 'completion')?.at,
    expectations: [
      ...guestExpectations(cloud, {
        host,
        moved: [...Object.keys(RUNNING), STOPPED, FLAKY],
        stayed: BROKEN,
        stopped: STOPPED,
        flaky: FLAKY,
      }),
      stayedExpectation(installation),
      {
        what: 'no guest of another host was touched',
        holds: foreign.length === 0,
        found: `${foreign.length} migrations from others`,
      },
      {
        what: 'pods were evicted only when the guests had left, and nova-compute never',
        holds: evicted.length > 0 && early.length === 0 && evicted.every(({ pod }) => !pod.startsWith('nova-compute')),
        found: `${evicted.length} evicted, ${early.length} of them before`,
      },
      completionExpectation(installation, scene.instance, 'CONTINUE'),
    ],
  };
}

function stayedExpectation({ events }: Installation): Expectation {
  const stayed = events.filter((event) => event.type === 'guest.stayed');
  const found = stayed.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  return {
    what: 'the guest in ERROR was reported, with its fault, and no other',
    holds: stayed.length === 1 && found === `${BROKEN}: it is in ERROR: its volume is gone`,
    found,
  };
}

async function cordonAndUncordon(
  { installation }: Staged,
  cloud: OpenStackPeer,
  { node, host }: Host = { node: '', host: '', instance: '' },
): Promise<Act & { enabledAt: number }> {
  const { aws, kubernetes, clock } = installation;
  for (const rule of aws.eventBridge.rules) if (rule.name.includes('Hypervisor')) rule.enabled = true;
  const guests = (): number => [...cloud.state.servers.values()].filter((server) => server.host === host).length;
  const before = guests();
  const runs = aws.lambda.executions.length;
  kubernetes.world.cordon(node);
  const evacuated = (): boolean => {
    const run = aws.lambda.executions[runs];
    return run?.stoppedAt !== undefined;
  };
  await drive(installation, cloud, evacuated, true);
  const at = clock.now();
  const closed = { ...cloud.state.host(host) } as { status: 'disabled'; reason: string };
  const left = guests();
  kubernetes.world.cordon(node, false);
  await drive(installation, cloud, () => cloud.state.host(host)?.status === 'enabled', true);
  for (const rule of aws.eventBridge.rules) rule.enabled = false;
  await drive(installation, cloud, () => aws.lambda.invocations.idle);
  return {
    at,
    enabledAt: clock.now(),
    expectations: [
      {
        what: `after the cordon ${host} is empty`,
        holds: before > 0 && left === 0,
        found: `${before} guests before, ${left} after`,
      },
      serviceExpectation(`after the cordon the service of ${host} is disabled, for Ebb’s reason`, closed, 'disabled'),
      serviceExpectation(`after the uncordon it is enabled`, cloud.state.host(host), 'enabled'),
    ],
  };
}

function whole(
  staged: Staged,
  expectations: readonly Expectation[],
  ends: Readonly<Record<string, number | undefined>>,
): Outcome {
  const { installation, scene } = staged;
  const since = secondsSince(scene);
  return {
    ...outcomeOf(staged, { expectations, cost: costOf(installation) }),
    seconds: since(installation.clock.now()),
    stages: Object.fromEntries(Object.entries(ends).map(([name, at]) => [name, since(at)])),
  };
}
