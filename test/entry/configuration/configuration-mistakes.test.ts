/**
 * The mistakes that people make in a configuration, and what is said of each: every fault in one list, with its field,
 * what was given, and what is wanted with an example. Each is read from a file, as `-c ebb=FILE` does.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfiguration } from '../../../infra/configuration/configuration-source.ts';
import { clusterParameter } from '../../../lambdas/entry/configuration/configuration.ts';
import { parametersOf } from '../../../lambdas/entry/configuration/parameter-parts.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-mistakes-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** What is said of a file of that text, without the heading and the folder. */
function saidOf(text: string): string[] {
  const file = join(folder, 'ebb.json');
  writeFileSync(file, text);
  try {
    readConfiguration(file);
  } catch (error) {
    const [heading = '', ...faults] = (error as Error).message.replaceAll(`${folder}/`, '').split('\n');
    expect(heading).toBe(`the configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:`);
    return faults.map((fault) => fault.trim());
  }
  return [];
}

const cluster = (given: object = {}, others: object = {}): object => ({
  clusters: [{ name: 'production', groups: [{ name: 'workers' }], ...given }],
  ...others,
});

const VPC = {
  vpcId: 'vpc-0123456789abcdef0',
  availabilityZones: ['eu-central-1a'],
  privateSubnetIds: ['subnet-0123456789abcdef0'],
};
const SECRET = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:ebb-Ab1Cd2';
const CLUSTER_LIKE = '[{ "name": "production", "groups": [{ "name": "workers" }] }]';

const MISTAKES: readonly [title: string, written: object, faults: readonly string[]][] = [
  [
    '1: group for groups',
    { clusters: [{ name: 'production', group: [{ name: 'workers' }] }] },
    ['ebb.clusters[0].group: is no field: did you mean groups?'],
  ],
  [
    '2: "4h" for seconds',
    cluster({ drain: { timeoutSeconds: '4h' } }),
    [
      'ebb.clusters[0].drain.timeoutSeconds: must be whole seconds from 60 to 172800, such as 14400 (given: "4h", which is 14400)',
    ],
  ],
  [
    '3: a cron with hour 25, and a time zone that does not exist',
    cluster({ budget: { windows: [{ cron: '0 25 * * *', durationSeconds: 3_600, timeZone: 'Europe/Berln' }] } }),
    [
      'ebb.clusters[0].budget.windows[0].cron: must be a cron expression: CronPattern: Invalid value for hour: 25 (given: "0 25 * * *")',
      'ebb.clusters[0].budget.windows[0].timeZone: must be an IANA time zone such as Europe/Berlin (given: "Europe/Berln")',
    ],
  ],
  [
    '4: "6h" as the duration of a window',
    cluster({ budget: { windows: [{ cron: '0 22 * * *', duration: '6h' }] } }),
    ['ebb.clusters[0].budget.windows[0].duration: is no field: did you mean durationSeconds: 21600?'],
  ],
  [
    '5: a share as a number, and one above 100 %',
    cluster({ maxLeaving: 0.2, drain: { impliedBudget: '250%' } }),
    [
      'ebb.clusters[0].drain.impliedBudget: must be a percentage such as "25%", or "off" (given: "250%")',
      'ebb.clusters[0].maxLeaving: must be a percentage such as "20%" (given: 0.2)',
    ],
  ],
  [
    '6: a heartbeat that ends the hook before the drain',
    cluster({ groups: [{ name: 'workers', heartbeatTimeoutSeconds: 30 }], drain: { timeoutSeconds: 14_400 } }),
    [
      'ebb.clusters[0].groups[0].heartbeatTimeoutSeconds: 30 is too little for ebb.clusters[0].drain.timeoutSeconds, which is 14400: AWS ends a hook after 100 heartbeat timeouts, here 3000 s. It must be at least 144, or the drain timeout smaller',
    ],
  ],
  [
    '7: a group and a cluster twice, beside something else',
    {
      hookName: 'a b',
      clusters: [
        { name: 'a', groups: [{ name: 'workers' }] },
        { name: 'a', groups: [{ name: 'workers' }] },
      ],
    },
    [
      'ebb.clusters[1].groups[0].name: workers stands there twice, first as ebb.clusters[0].groups[0].name: a group belongs to one cluster',
      'ebb.clusters[1].name: a stands there twice, first as ebb.clusters[0].name: merge the two clusters',
      'ebb.hookName: must be a lifecycle hook name such as ebb-drain: letters, digits, -, _ and /, up to 255 (given: "a b")',
    ],
  ],
  [
    '8: a VPC without security groups',
    cluster({}, { vpc: VPC }),
    [
      'ebb.vpc.securityGroupIds: is missing; it must be a list of at least one security group that the clusters’ private API endpoints let in, such as ["sg-0123456789abcdef0"]',
    ],
  ],
  [
    '9: three taints, each wrong in its own way',
    cluster({
      taint: { effect: 'NoExecute' },
      drift: { taint: { key: 'a key' } },
      tainted: { taints: [{ key: 'node.kubernetes.io/not-ready' }] },
    }),
    [
      'ebb.clusters[0].drift.taint.key: must be a taint key such as example.com/retiring (given: "a key")',
      'ebb.clusters[0].taint.effect: must be "NoSchedule" or "PreferNoSchedule": NoExecute deletes pods past their budgets (given: "NoExecute")',
      'ebb.clusters[0].tainted.taints[0].key: must not be a key that Kubernetes sets itself, as node.kubernetes.io/not-ready is',
    ],
  ],
  [
    '10: a policy that there is not, and a selector as kubectl writes it',
    cluster({ drain: { atDeadline: 'kill', podSelector: 'app=web' } }),
    [
      'ebb.clusters[0].drain.atDeadline: must be "force", "wait" or "retain" (given: "kill")',
      'ebb.clusters[0].drain.podSelector: must be an object such as { "matchLabels": { "app": "web" } } (given: "app=web")',
    ],
  ],
  [
    '11: no clusters',
    { clusters: [] },
    [`ebb.clusters: must be a list of at least one cluster such as ${CLUSTER_LIKE} (given: [])`],
  ],
  ['11: no groups, which take part by their tag', cluster({ groups: [] }), []],
  [
    '13: an object where a list is wanted',
    { clusters: { name: 'production' } },
    [`ebb.clusters: must be a list of at least one cluster such as ${CLUSTER_LIKE} (given: {"name":"production"})`],
  ],
  [
    '14: groups as strings',
    cluster({ groups: ['workers', 'batch'] }),
    [
      'ebb.clusters[0].groups[0]: must be an object such as { "name": "workers" } (given: "workers")',
      'ebb.clusters[0].groups[1]: must be an object such as { "name": "workers" } (given: "batch")',
    ],
  ],
  [
    '15: an endpoint with both secrets, and "yes" for true',
    cluster({}, { endpoint: { secretName: 'ebb', secretArn: SECRET, untagged: 'yes' } }),
    [
      'ebb.endpoint: must have secretName or secretArn, not both',
      'ebb.endpoint.untagged: must be true or false (given: "yes")',
    ],
  ],
  [
    '16: a freeze that ends before it begins, and a number in words',
    cluster({ budget: { nodes: 'one', freezes: [{ from: '2027-01-03', to: '2026-12-18' }] } }),
    [
      'ebb.clusters[0].budget.freezes[0].to: must not be before from (given: "2026-12-18")',
      'ebb.clusters[0].budget.nodes: must be a number of nodes, or a percentage such as "10%" (given: "one")',
    ],
  ],
  [
    '17: a retention, a hook, a Kubernetes group and a name that are refused elsewhere',
    cluster({ groups: [{ name: '' }] }, { logRetentionDays: 31, hookName: 'a b', kubernetesGroup: 'system:masters' }),
    [
      'ebb.clusters[0].groups[0].name: must be the name of an Auto Scaling group such as workers: 1 to 255 characters, none a space or a colon (given: "")',
      'ebb.hookName: must be a lifecycle hook name such as ebb-drain: letters, digits, -, _ and /, up to 255 (given: "a b")',
      'ebb.kubernetesGroup: must be a group name such as ebb, and none that EKS reserves (system:, eks:, aws:, amazon:, iam:) (given: "system:masters")',
      'ebb.logRetentionDays: must be a number of days that CloudWatch takes: 1, 3, 5, 7, 14, 30, 60, 90, 120, 180, 365, 731, 1827, 3653 (given: 31)',
    ],
  ],
  [
    '18: amis for ami, and a maximum age of a minute',
    cluster({ drift: { amis: true, maxAgeSeconds: 60 } }),
    [
      'ebb.clusters[0].drift.amis: is no field: did you mean ami?',
      'ebb.clusters[0].drift.maxAgeSeconds: must be whole seconds from 3600 to 315360000, such as 2592000 (given: 60)',
    ],
  ],
  [
    '19: fewer zones than subnets, and the id of no security group',
    cluster(
      {},
      {
        vpc: {
          ...VPC,
          privateSubnetIds: [...VPC.privateSubnetIds, 'subnet-0123456789abcdef1'],
          securityGroupIds: ['sg-1'],
        },
      },
    ),
    [
      'ebb.vpc.availabilityZones: must name the zone of each of the 2 private subnets, in the same order (given: 1)',
      'ebb.vpc.securityGroupIds[0]: must be the id of a security group such as sg-0123456789abcdef0 (given: "sg-1")',
    ],
  ],
  [
    '20: a drain timeout that no hook holds',
    cluster({ drain: { timeoutSeconds: 172_801 } }),
    ['ebb.clusters[0].drain.timeoutSeconds: must be whole seconds from 60 to 172800, such as 14400 (given: 172801)'],
  ],
  [
    '21: a file that holds what stands under context',
    { ebb: cluster({ maxDrains: 0 }) },
    [
      'ebb: is { "ebb": { … } } as a whole; it must hold only what stands under context.ebb, such as { "clusters": […] }',
      'ebb.clusters[0].maxDrains: must be a number of nodes from 1 on, such as 25 (given: 0)',
    ],
  ],
  [
    '22: an ARN as a cluster’s name',
    cluster({ name: 'arn:aws:eks:eu-central-1:123456789012:cluster/production' }),
    [
      'ebb.clusters[0].name: must be a cluster name such as production: letters, digits, - and _, up to 100; with access also dots, such as k8s.example.com (given: "arn:aws:eks:eu-central-1:123456789012:cluster/production")',
    ],
  ],
  [
    '25: a name of kops for a cluster of EKS',
    cluster({ name: 'k8s.example.com' }),
    [
      'ebb.clusters[0].name: k8s.example.com is no name of an EKS cluster: leave the dots out, or say by access how the cluster is reached',
    ],
  ],
  [
    '26: the kubeconfig itself in place of its secret, and no context',
    cluster({ access: { kubeconfigSecret: 'apiVersion: v1\nkind: Config', context: '' } }),
    [
      'ebb.clusters[0].access.context: must be the name of a context in the kubeconfig such as ebb@k8s.example.com (given: "")',
      'ebb.clusters[0].access.kubeconfigSecret: must be the name of a secret such as ebb/k8s.example.com, or its whole ARN with its last six characters',
    ],
  ],
  [
    '27: access without a secret',
    cluster({ access: { kubeconfig: 'ebb/k8s' } }),
    ['ebb.clusters[0].access.kubeconfig: is no field: did you mean kubeconfigSecret?'],
  ],
  [
    '28: addresses in place of hosts, a password in place of its secret, and minutes',
    cluster({
      openstack: { secret: 'my password!', hosts: ['https://keystone.example.com/v3'], timeoutSeconds: '30m' },
    }),
    [
      'ebb.clusters[0].openstack.hosts[0]: must be a host such as keystone.example.com, with its port if the endpoint has one, such as nova.example.com:8774 (given: "https://keystone.example.com/v3")',
      'ebb.clusters[0].openstack.secret: must be the name of a secret such as ebb/openstack, or its whole ARN with its last six characters',
      'ebb.clusters[0].openstack.timeoutSeconds: must be whole seconds from 60 to 86400, such as 1800 (given: "30m", which is 1800)',
    ],
  ],
  [
    '29: openstack without hosts',
    cluster({ openstack: { secret: 'ebb/openstack', hosts: [] } }),
    [
      'ebb.clusters[0].openstack.hosts: must be a list of at least one host such as ["keystone.example.com", "nova.example.com:8774"] (given: [])',
    ],
  ],
];

describe('a mistake is told in full:', () => {
  test.each(MISTAKES)('%s', (_title, written, faults) => {
    expect(saidOf(JSON.stringify(written))).toEqual(faults);
  });
});

test('23: sixty groups with long names in one cluster are no mistake: each parameter holds what AWS takes', () => {
  const groups = Array.from({ length: 60 }, (_, index) => ({
    name: `production-workers-eu-central-1a-general-${100 + index}`,
  }));
  const file = join(folder, 'many.json');
  writeFileSync(file, JSON.stringify(cluster({ groups })));
  const [many] = readConfiguration(file).clusters;
  const values = many === undefined ? [] : parametersOf(clusterParameter(many)).map(({ value }) => value.length);
  expect(values.length).toBeGreaterThan(1);
  expect(Math.max(...values)).toBeLessThanOrEqual(4_096);
});

describe('JSON that is broken is told by file, line and column:', () => {
  test.each([
    [
      '12: a trailing comma',
      '{\n  "clusters": [\n    { "name": "production" },\n  ]\n}\n',
      /^ebb\.json: Unexpected token '\]'.* is not valid JSON \(line 4 column 3\)$/,
    ],
    [
      'a comma that is missing',
      '{\n  "hookName": "ebb"\n  "clusters": []\n}\n',
      /^ebb\.json: Expected ',' or '}' after property value in JSON at position 24 \(line 3 column 3\)$/,
    ],
    ['a comment', '{\n  // ours\n  "clusters": []\n}\n', /\(line 2 column 3\)$/],
    [
      'a file that ends too soon',
      '{\n  "clusters": [',
      /^ebb\.json: Unexpected end of JSON input \(line 2 column 16\)$/,
    ],
    ['nothing', '', /^ebb\.json: Unexpected end of JSON input \(line 1 column 1\)$/],
  ])('%s', (_title, text, said) => {
    expect(saidOf(text)).toEqual([expect.stringMatching(said)]);
  });

  test('24: cluster-role says of a broken cdk.json what the CDK says', { timeout: 60_000 }, () => {
    const text = '{\n  "app": "node app.ts",\n  "context": { "ebb": { "hookName": "ours" "clusters": [] } }\n}\n';
    writeFileSync(join(folder, 'cdk.json'), text);
    const words = "cdk.json: Expected ',' or '}' after property value in JSON at position 69 (line 3 column 44)";
    const said = ([script = '', ...options]: readonly string[]) => {
      const run = spawnSync(process.execPath, [join(PROJECT, script), ...options], { cwd: folder, encoding: 'utf8' });
      return { status: run.status, lines: run.stderr.split('\n').map((line) => line.trim()) };
    };
    for (const command of [
      ['infra/cli/ebb.js', 'cluster-role'],
      ['node_modules/aws-cdk/bin/cdk', 'synth', '-q'],
    ]) {
      const { status, lines } = said(command);
      expect(status).toBe(1);
      expect(lines).toContain(words);
    }
  });
});
