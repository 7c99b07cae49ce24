/** What the sync does with each compute host (contract 11.4). */
import { describe, expect, test } from 'vitest';
import type { ComputeService } from '../../../lambdas/core/openstack/compute-service.ts';
import { evacuationName, parseEvacuationRequest } from '../../../lambdas/core/openstack/evacuation-request.ts';
import { planSync } from '../../../lambdas/core/openstack/sync.ts';

const OURS = 'Ebb (ebb): node hv-a is cordoned (e)';

interface Situation {
  readonly cordoned?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly service?: Partial<ComputeService>;
  readonly evacuating?: boolean;
}

function actionFor({ cordoned = false, labels = {}, service = {}, evacuating = false }: Situation): string | undefined {
  const node = { name: 'hv-a', labels, annotations: {}, unschedulable: cordoned };
  const services = [{ id: 's', host: 'hv-a', isEnabled: true, isUp: true, ...service }];
  return planSync([node], services, { installation: 'ebb', isEvacuating: () => evacuating }).steps[0]?.action;
}

describe('a compute host (contract 11.4)', () => {
  test.each<[string, Situation, string]>([
    ['is evacuated when its node is cordoned', { cordoned: true }, 'evacuate'],
    ['is not evacuated again while that goes on', { cordoned: true, evacuating: true }, 'none'],
    [
      'is not evacuated again once its service is disabled',
      { cordoned: true, service: { isEnabled: false, disabledReason: OURS } },
      'none',
    ],
    ['is left alone while it serves', {}, 'none'],
    ['is enabled when its node is cordoned no more', { service: { isEnabled: false, disabledReason: OURS } }, 'enable'],
    [
      'is not enabled while its evacuation goes on, which would disable it again',
      { service: { isEnabled: false, disabledReason: OURS }, evacuating: true },
      'none',
    ],
    [
      'is not enabled when a person has disabled it',
      { service: { isEnabled: false, disabledReason: 'memory is broken' } },
      'none',
    ],
    ['is not enabled when nobody says why it is disabled', { service: { isEnabled: false } }, 'none'],
    [
      'is not enabled when another installation has disabled it',
      { service: { isEnabled: false, disabledReason: OURS.replace('ebb', 'ebb-two') } },
      'none',
    ],
    [
      'is its retirement’s while its node is retired',
      { cordoned: true, labels: { 'ebb/retiring': 'tainted' } },
      'none',
    ],
  ])('%s', (_, situation, action) => {
    expect(actionFor(situation)).toBe(action);
  });

  test('that fits two nodes is left alone, and both are named', () => {
    const nodes = ['hv-a.rack1', 'hv-a.rack2'].map((name) => ({
      name,
      labels: {},
      annotations: {},
      unschedulable: name === 'hv-a.rack1',
    }));
    const services = [{ id: 's', host: 'hv-a', isEnabled: true, isUp: true }];
    expect(planSync(nodes, services, { installation: 'ebb', isEvacuating: () => false })).toEqual({
      steps: [],
      faults: [
        'compute host hv-a fits the nodes hv-a.rack1, hv-a.rack2: name the host of each in its annotation ebb/nova-host',
      ],
    });
  });

  test('that Nova does not know is told, and hinders no other', () => {
    const node = { name: 'web', labels: { 'ebb/nova-host': 'hv-z' }, annotations: {}, unschedulable: true };
    const plan = planSync([node], [], { installation: 'ebb', isEvacuating: () => false });
    expect(plan).toEqual({ steps: [], faults: [expect.stringContaining('hv-z, which Nova does not know')] });
  });
});

describe('a request (contract 11.4)', () => {
  test.each<[string, object, readonly string[]]>([
    ['without a host', { cluster: 'prod' }, ['host: missing: send the name of a compute host, or node']],
    ['with both', { cluster: 'prod', host: 'a', node: 'b' }, ['host, node: both are there: send one of them']],
    [
      'that follows a cordon of no node',
      { cluster: 'prod', host: 'a', whileCordoned: true },
      ['whileCordoned: a node must be named with it'],
    ],
  ])('%s is a fault', (_, request, faults) => {
    expect(parseEvacuationRequest(request)).toEqual({ faults });
  });

  test('has a name of at most 64 characters, which begins alike for one host', () => {
    const home = { account: '111122223333', region: 'ap-southeast-northeast-1', installation: 'twelve-chars' };
    const parsed = parseEvacuationRequest({ cluster: 'prod', host: 'hv-a' });
    if ('faults' in parsed) throw new Error('it has faults');
    const names = [1, 2].map((at) => evacuationName(parsed.request, at, home));
    expect(names[0]).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
    expect(names[0]).not.toBe(names[1]);
    expect(names[0]?.slice(0, -8)).toBe(names[1]?.slice(0, -8));
  });
});
