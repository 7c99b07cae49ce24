import { describe, expect, test } from 'vitest';
import {
  shiftedBalancers,
  shiftedOf,
  shiftedResources,
  shiftWords,
  type ManagedResource,
  type TrafficShift,
} from '../../../lambdas/core/aws/zonal-shift.ts';
import { HOUR, NOON } from '../../given.ts';

const ARN = {
  cluster: 'arn:aws:eks:eu-central-1:123456789012:cluster/production',
  longer: 'arn:aws:eks:eu-central-1:123456789012:cluster/production-eu',
  group: 'arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:0-1:autoScalingGroupName/workers',
  balancer: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188',
} as const;
const SCOPE = { cluster: 'production', groups: ['workers'] };

function aShift(given: Partial<TrafficShift> = {}): TrafficShift {
  return { kind: 'zonal shift', awayFrom: 'euc1-az1', isApplied: true, ...given };
}

function managed(arn: string, ...shifts: readonly TrafficShift[]): ManagedResource {
  return { arn, shifts };
}

describe('a resource is shifted (contract 9.8)', () => {
  test.each<[string, boolean, readonly TrafficShift[]]>([
    ['by a shift that is in effect', true, [aShift()]],
    ['by an autoshift that is in effect', true, [aShift({ kind: 'autoshift' })]],
    ['until its shift ends', true, [aShift({ expiresAt: NOON + 1 })]],
    ['no longer than that', false, [aShift({ expiresAt: NOON })]],
    ['not by a shift that another one overrides', false, [aShift({ isApplied: false })]],
    ['by the one of several that is in effect', true, [aShift({ isApplied: false }), aShift({ awayFrom: 'euc1-az2' })]],
    ['not without a shift', false, []],
  ])('%s: %s', (_, isShifted, shifts) => {
    expect(shiftedResources([managed(ARN.cluster, ...shifts)], NOON)).toHaveLength(isShifted ? 1 : 0);
  });
});

describe('a shift is the cluster’s', () => {
  test.each<[string, boolean]>([
    [ARN.cluster, true],
    [ARN.longer, false],
    [ARN.group, true],
    [ARN.group.replace('/workers', '/others'), false],
    [ARN.group.replace('/workers', '/more-workers'), false],
    [ARN.balancer, false],
  ])('if it is of the cluster itself or one of its groups: %s is %s', (arn, isOurs) => {
    const shifted = { arn, shift: aShift() };
    expect(shiftedOf(SCOPE, [shifted])).toBe(isOurs ? shifted : undefined);
  });

  test('or of one of its load balancers, which AWS must be asked about', () => {
    const shifted = Object.values(ARN).map((arn) => ({ arn, shift: aShift() }));
    expect(shiftedBalancers(shifted).map(({ arn }) => arn)).toEqual([ARN.balancer]);
  });
});

describe('the words about a shift', () => {
  test.each<[string, TrafficShift, string]>([
    [
      ARN.cluster,
      aShift({ expiresAt: NOON + HOUR, comment: 'disks are slow' }),
      `a zonal shift moves the traffic of cluster production away from euc1-az1 until ${new Date(NOON + HOUR).toISOString()}: disks are slow`,
    ],
    [
      ARN.balancer,
      aShift({ kind: 'autoshift' }),
      'an autoshift of AWS moves the traffic of load balancer app/web/50dc6c495c0c9188 away from euc1-az1',
    ],
    [ARN.group, aShift(), 'a zonal shift moves the traffic of group workers away from euc1-az1'],
  ])('%#: what is shifted, where from, until when, and what is said of it', (arn, shift, words) => {
    expect(shiftWords({ arn, shift })).toBe(words);
  });

  test('repeat no more than 200 characters of a comment', () => {
    expect(shiftWords({ arn: ARN.group, shift: aShift({ comment: 'x'.repeat(1_000) }) })).toMatch(/[^x]x{200}$/);
  });
});
