/** The configuration that a person writes: defaults, faults, and its way through the SSM parameter. */
import { describe, expect, test } from 'vitest';
import { WrongConfiguration } from '../../../infra/configuration/fault.ts';
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import {
  clusterParameter,
  parseClusterParameter,
  type ConfigurationInput,
} from '../../../lambdas/entry/configuration/configuration.ts';
import { isLasting } from '../../../lambdas/core/aws/lasting-error.ts';
import { TAINT_KEY } from '../../given.ts';

type ClusterInput = ConfigurationInput['clusters'][number];

const minimal = (cluster: Partial<ClusterInput> = {}): ConfigurationInput => ({
  clusters: [{ name: 'production', groups: [{ name: 'workers' }], ...cluster }],
});

const SECRET_ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:ebb/k8s.example.com-Ab1Cd2';

/** The lines of the message, without its first. */
function faultsOf(input: unknown): string[] {
  try {
    parseConfiguration(input);
  } catch (error) {
    if (error instanceof WrongConfiguration)
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}

test('a cluster and a group are enough; the rest has the contract’s defaults', () => {
  expect(parseConfiguration(minimal())).toEqual({
    rotation: false,
    name: 'ebb',
    hookName: 'ebb-drain',
    kubernetesGroup: 'ebb',
    logRetentionDays: 30,
    clusters: [
      {
        name: 'production',
        groups: [{ name: 'workers', heartbeatTimeoutSeconds: 900 }],
        taint: { key: 'status-taint.cluster-autoscaler.kubernetes.io/ebb-retiring', effect: 'NoSchedule' },
        maxDrains: 25,
        withdraw: { enabled: true },
        maxLeaving: 0.2,
        notices: {
          spot: true,
          capacityReservation: true,
          scheduledChange: true,
          stateChange: true,
          rootVolume: true,
          rebalance: false,
          rebalanceHoldSeconds: 3_600,
          launch: false,
        },
        drain: {
          timeoutSeconds: 3_600,
          atDeadline: 'force',
          impliedBudget: 0.25,
          maxEvictionsInFlight: 50,
          pauseBetweenEvictionsSeconds: 0,
          detachTimeoutSeconds: 300,
          blockEmptyDir: false,
          spareNamespaces: [],
        },
        tainted: { taints: [], release: 'terminate', retryAfterSeconds: 86_400 },
        drift: {
          enabled: true,
          ami: true,
          launchTemplate: false,
          instanceType: false,
          kubelet: false,
          imageParameters: [],
          taint: { key: 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drifted', effect: 'PreferNoSchedule' },
          drainTaint: { key: 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drain', effect: 'NoSchedule' },
          replacementTimeoutSeconds: 900,
          unhealthyLimit: 0.2,
          conditions: [],
          statusChecks: [],
          illAtOnce: 1,
        },
        waitForZonalShift: true,
        budget: {},
      },
    ],
  });
});

test.each([
  'image',
  '/images/nodes',
  '/images/*',
  'arn:aws:ssm:eu-central-1:123456789012:parameter/images/nodes',
  'arn:aws-us-gov:ssm:us-gov-west-1:123456789012:parameter/images/*',
])('image parameters may be given as %s', (given) => {
  const { clusters } = parseConfiguration(minimal({ drift: { imageParameters: [given] } }));
  expect(clusters[0]?.drift.imageParameters).toEqual([given]);
});

test.each([
  [{}, 'ebb'],
  [{ name: 'staging' }, 'staging'],
  [{ name: 'staging', kubernetesGroup: 'drainers' }, 'drainers'],
])('an installation of %j has the Kubernetes group %s', (given, group) => {
  expect(parseConfiguration({ ...minimal(), ...given }).kubernetesGroup).toBe(group);
});

describe('a fault is named by its field and what it must be:', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'ebb: '],
    ['no clusters', {}, 'ebb.clusters: '],
    ['an empty list of clusters', { clusters: [] }, 'ebb.clusters: must be a list of at least one cluster'],
    ['a cluster’s name', minimal({ name: 'no spaces' }), 'ebb.clusters[0].name: must be a cluster name'],
    [
      'a heartbeat that AWS does not take',
      minimal({ groups: [{ name: 'workers', heartbeatTimeoutSeconds: 29 }] }),
      'ebb.clusters[0].groups[0].heartbeatTimeoutSeconds: ',
    ],
    ['a drain timeout', minimal({ drain: { timeoutSeconds: 59 } }), 'ebb.clusters[0].drain.timeoutSeconds: '],
    [
      'a share that is no percentage',
      minimal({ drain: { impliedBudget: '25' } }),
      'ebb.clusters[0].drain.impliedBudget: must be a percentage such as "25%", or "off"',
    ],
    [
      'a share above all',
      minimal({ drain: { impliedBudget: '101%' } }),
      'ebb.clusters[0].drain.impliedBudget: must be a percentage such as "25%", or "off"',
    ],
    [
      'evictions in flight',
      minimal({ drain: { maxEvictionsInFlight: 51 } }),
      'ebb.clusters[0].drain.maxEvictionsInFlight: ',
    ],
    ['a taint’s key', minimal({ taint: { key: '-bad' } }), 'ebb.clusters[0].taint.key: must be a taint key'],
    ['a hook’s name', { ...minimal(), hookName: 'a b' }, 'ebb.hookName: must be a lifecycle hook name'],
    [
      'a group that EKS reserves',
      { ...minimal(), kubernetesGroup: 'system:masters' },
      'ebb.kubernetesGroup: must be a group name such as ebb, and none that EKS reserves',
    ],
    ['a retention that CloudWatch does not know', { ...minimal(), logRetentionDays: 31 }, 'ebb.logRetentionDays: '],
    [
      'a taint that would delete pods past their budgets',
      minimal({ drift: { taint: { effect: 'NoExecute' } } } as unknown as Partial<ClusterInput>),
      'ebb.clusters[0].drift.taint.effect: must be "NoSchedule" or "PreferNoSchedule"',
    ],
    [
      'a drain taint of Kubernetes’ own',
      minimal({ tainted: { taints: [{ key: 'node.kubernetes.io/unschedulable' }] } }),
      'ebb.clusters[0].tainted.taints[0].key: must not be a key that Kubernetes sets itself',
    ],
    [
      'a drain taint that is named twice',
      minimal({ tainted: { taints: [{ key: 'acme/drain' }, { key: 'acme/drain', release: 'leave' }] } }),
      'ebb.clusters[0].tainted.taints[1].key: acme/drain stands there twice, first as taints[0]',
    ],
    [
      'our own drain taint among those of one’s own',
      minimal({ drift: { drainTaint: { key: 'acme/drain' } }, tainted: { taints: [{ key: 'acme/drain' }] } }),
      'ebb.clusters[0].tainted.taints[0].key: must not be drift.drainTaint.key',
    ],
    [
      'a drain taint that the sweep would not drain by',
      minimal({ drift: { drainTaint: { effect: 'NoExecute' } } } as unknown as Partial<ClusterInput>),
      'ebb.clusters[0].drift.drainTaint.effect: ',
    ],
    [
      'an image parameter with its version',
      minimal({ drift: { imageParameters: ['/images/nodes:3'] } }),
      'ebb.clusters[0].drift.imageParameters[0]: must be the name or ARN of a parameter without its version',
    ],
    [
      'an image parameter by the ARN of something else',
      minimal({ drift: { imageParameters: ['arn:aws:ssm:eu-central-1:123456789012:document/image'] } }),
      'ebb.clusters[0].drift.imageParameters[0]: must be the name or ARN',
    ],
    [
      'a cluster’s budget',
      minimal({ budget: { windows: [{ cron: '0 2 * *', durationSeconds: 3_600 }] } }),
      'ebb.clusters[0].budget.windows[0].cron: must be a cron expression of five fields',
    ],
    [
      'a group’s budget',
      minimal({ groups: [{ name: 'workers' }, { name: 'batch', budget: { nodes: '5' } }] }),
      'ebb.clusters[0].groups[1].budget.nodes: must be a number of nodes, or a percentage such as "10%"',
    ],
    [
      'a budget of the whole cluster in a group',
      minimal({ groups: [{ name: 'workers', budget: { cluster: 1 } }] }),
      'ebb.clusters[0].groups[0].budget.cluster: is the cluster’s to say, not a group’s',
    ],
    [
      'a taint that isolates and asks to be drained',
      minimal({ taint: { key: 'ebb/drain' } }),
      'ebb.clusters[0].taint.key: must not be the key of a drain taint, as ebb/drain is',
    ],
    [
      'a taint that tells of drift and asks to be drained',
      minimal({ drift: { taint: { key: 'acme/drain' } }, tainted: { taints: [{ key: 'acme/drain' }] } }),
      'ebb.clusters[0].drift.taint.key: must not be the key of a drain taint, as acme/drain is',
    ],
    [
      'our own drain taint with the key of another taint',
      minimal({ drift: { drainTaint: { key: TAINT_KEY } } }),
      `ebb.clusters[0].taint.key: must not be the key of a drain taint, as ${TAINT_KEY} is`,
    ],
    [
      'a taint that isolates and tells of drift',
      minimal({ drift: { taint: { key: TAINT_KEY } } }),
      'ebb.clusters[0].drift.taint.key: must not be the key of the taint that isolates',
    ],
    ['an unknown key', { ...minimal(), zzz: 'x' }, 'ebb.zzz: is no field; there are hookName, clusters, '],
    [
      'a misspelt key whose right one is there',
      { ...minimal(), clsters: [] },
      'ebb.clsters: is no field: did you mean clusters?',
    ],
    [
      'a misspelt key',
      minimal({ drian: {} } as Partial<ClusterInput>),
      'ebb.clusters[0].drian: is no field: did you mean drain?',
    ],
    [
      'an unknown key within',
      minimal({ drain: { timeout: 60 } as ClusterInput['drain'] & object }),
      'ebb.clusters[0].drain.timeout: is no field: did you mean timeoutSeconds?',
    ],
  ])('%s', (_, input, fault) => {
    const faults = faultsOf(input);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(fault);
    expect(faults[0]).not.toMatch(/: (Invalid input)?$/);
  });

  test('what a misspelt field holds is checked as well', () => {
    const drian = { timout: '10 s', atDeadline: 'kill' };
    expect(faultsOf(minimal({ drian } as Partial<ClusterInput>))).toEqual([
      'ebb.clusters[0].drain.atDeadline: must be "force", "wait" or "retain" (given: "kill")',
      'ebb.clusters[0].drain.timeoutSeconds: must be whole seconds from 60 to 172800, such as 14400 (given: 10)',
      'ebb.clusters[0].drain.timout: is no field: did you mean timeoutSeconds: 10?',
      'ebb.clusters[0].drian: is no field: did you mean drain?',
    ]);
  });

  test('a cluster that stands there twice, and a group that two clusters claim', () => {
    const group = { name: 'workers' };
    const clusters = [
      { name: 'a', groups: [group] },
      { name: 'a', groups: [{ name: 'others' }] },
      { name: 'b', groups: [group] },
    ];
    expect(faultsOf({ clusters })).toEqual([
      'ebb.clusters[1].name: a stands there twice, first as ebb.clusters[0].name: merge the two clusters',
      'ebb.clusters[2].groups[0].name: workers stands there twice, first as ebb.clusters[0].groups[0].name: a group belongs to one cluster',
    ]);
  });

  test('all of them at once', () => {
    const wrong = {
      hookName: '',
      logRetentionDays: 2,
      clusters: [{ name: '', groups: [{ name: '', heartbeatTimeoutSeconds: 9_999 }], drain: { impliedBudget: 0.5 } }],
    };
    expect(faultsOf(wrong).map((fault) => fault.split(': ')[0])).toEqual([
      'ebb.clusters[0].drain.impliedBudget',
      'ebb.clusters[0].groups[0].heartbeatTimeoutSeconds',
      'ebb.clusters[0].groups[0].name',
      'ebb.clusters[0].name',
      'ebb.hookName',
      'ebb.logRetentionDays',
    ]);
  });
});

describe('budgets', () => {
  const wrong = { nodes: 'few', windows: [{ cron: 'nightly', durationSeconds: 5 }] };

  test('have all their faults named, those of the rest of the configuration as well', () => {
    const groups = [{ name: '', budget: { cluster: 1 } }];
    expect(faultsOf(minimal({ budget: wrong, groups })).map((fault) => fault.split(': ')[0])).toEqual([
      'ebb.clusters[0].budget.nodes',
      'ebb.clusters[0].budget.windows[0].cron',
      'ebb.clusters[0].budget.windows[0].durationSeconds',
      'ebb.clusters[0].groups[0].budget.cluster',
      'ebb.clusters[0].groups[0].name',
    ]);
  });

  test('that somebody changed by hand and wrongly do not keep the functions from the rest (contract 9.3)', () => {
    const written = { name: 'production', groups: [{ name: 'workers', budget: 'none' }], budget: wrong };
    expect(parseClusterParameter(JSON.stringify(written))).toMatchObject({
      budget: wrong,
      groups: [{ budget: 'none' }],
      maxDrains: 25,
    });
  });
});

describe('a cluster’s parameter', () => {
  test.each<[string, Partial<ClusterInput>]>([
    ['defaults', {}],
    ['a kubeconfig', { name: 'k8s.example.com', access: { kubeconfigSecret: 'ebb/k8s.example.com', context: 'ebb' } }],
    ['a kubeconfig by the ARN of its secret', { access: { kubeconfigSecret: SECRET_ARN } }],
    ['a cloud', { openstack: { secret: 'ebb/openstack', hosts: ['keystone.example.com:5000', '[2001:db8::1]:8774'] } }],
    ['no implied budget', { drain: { impliedBudget: 'off' } }],
    ...['0%', '1%', '7%', '25%', '29%', '57%', '58%', '100%'].map((impliedBudget): [string, Partial<ClusterInput>] => [
      `an implied budget of ${impliedBudget}`,
      { drain: { impliedBudget } },
    ]),
    [
      'everything that can be set',
      {
        groups: [{ name: 'workers', heartbeatTimeoutSeconds: 30, drainTimeoutSeconds: 120, budget: { nodes: '20%' } }],
        budget: {
          nodes: 2,
          cluster: '5%',
          windows: [{ cron: '0 2 * * MON-FRI', durationSeconds: 7_200, timeZone: 'Europe/Berlin' }],
          freezes: [{ from: '2026-12-24', to: '2027-01-02' }],
        },
        tainted: {
          taints: [{ key: 'ektopistis.io/drain', release: 'leave' }],
          release: 'leave',
          retryAfterSeconds: 300,
        },
        drift: {
          enabled: false,
          ami: false,
          launchTemplate: true,
          instanceType: true,
          kubelet: true,
          maxAgeSeconds: 2_592_000,
          taint: { key: 'acme/old', effect: 'NoSchedule' },
          drainTaint: { key: 'acme/drain' },
          replacementTimeoutSeconds: 60,
          unhealthyLimit: '33%',
        },
        taint: { key: 'example.com/leaving', value: 'yes', effect: 'PreferNoSchedule' },
        drain: {
          timeoutSeconds: 60,
          impliedBudget: '50%',
          maxEvictionsInFlight: 1,
          pauseBetweenEvictionsSeconds: 5,
          gracePeriodSeconds: 10,
          detachTimeoutSeconds: 0,
          blockEmptyDir: true,
          podSelector: { matchLabels: { app: 'web' } },
          spareNamespaces: ['kube-system'],
          finishFirst: { matchExpressions: [{ key: 'job', operator: 'Exists' }] },
        },
      },
    ],
  ])('reads back as it was written: %s', (_, given) => {
    const [cluster] = parseConfiguration(minimal(given)).clusters;
    if (cluster === undefined) throw new Error('no cluster');
    expect(parseClusterParameter(clusterParameter(cluster))).toEqual(cluster);
  });

  test('that somebody changed by hand and wrongly is refused by its field', () => {
    const written = '{"name":"production","groups":[{"name":"a"}],"drain":{"timeoutSeconds":1}}';
    expect(() => parseClusterParameter(written, '/ebb/clusters/production')).toThrow(
      'the SSM parameter /ebb/clusters/production cannot be read: drain.timeoutSeconds must be whole seconds from 60 to 172800, such as 14400: mend it, or deploy Ebb again, which writes it anew',
    );
  });

  test.each(['{', '', 'off'])('that is no JSON (%j) is named, with what to do', (written) => {
    expect(() => parseClusterParameter(written, '/ebb/clusters/production')).toThrow(
      /^the SSM parameter \/ebb\/clusters\/production cannot be read: it is no JSON: .+: mend it, or deploy Ebb again/,
    );
  });

  test('that cannot be read is not read again and again by a retirement', () => {
    let error: unknown;
    try {
      parseClusterParameter('{');
    } catch (thrown) {
      error = thrown;
    }
    expect(isLasting(error)).toBe(true);
  });

  test('of a newer version is read without the fields that are new (contract 14.3)', () => {
    const [cluster] = parseConfiguration(minimal()).clusters;
    if (cluster === undefined) throw new Error('no cluster');
    const written = JSON.parse(clusterParameter(cluster)) as typeof cluster & { groups: object[] };
    const newer = {
      ...written,
      hibernation: { weekends: true },
      drain: { ...written.drain, pace: 'slow' },
      groups: written.groups.map((group) => ({ ...group, surge: 1 })),
    };
    expect(parseClusterParameter(JSON.stringify(newer))).toEqual(cluster);
  });

  test('of an older version is read with the defaults of the fields that it lacks (contract 14.3)', () => {
    expect(parseClusterParameter('{"name":"production"}')).toEqual(
      parseConfiguration({ clusters: [{ name: 'production' }] }).clusters[0],
    );
  });

  test('fits an SSM standard parameter of 4 KB with fifty groups of ordinary names', () => {
    const groups = Array.from({ length: 50 }, (_, index) => ({ name: `production-workers-${index}` }));
    const [cluster] = parseConfiguration(minimal({ groups })).clusters;
    if (cluster === undefined) throw new Error('no cluster');
    expect(clusterParameter(cluster).length).toBeLessThan(4_096);
  });
});
