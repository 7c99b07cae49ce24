/** Builders of dry-run reports. */
import type { DriftedNode, DriftReport, GroupReport } from '../../../lambdas/core/drift/report.ts';
import type { SweepReport, SweptNode } from '../../../lambdas/core/disruption/sweep-report.ts';
import { NOON } from '../../given.ts';

const IMAGE =
  'runs ami-0123456789abcdef0, its group would launch ami-0fedcba9876543210 (lt-0123456789abcdef0 version 7)';

export function aDriftReport(given: Partial<DriftReport> = {}): DriftReport {
  return { cluster: 'shop', at: NOON, groups: [], nodes: [], strays: [], left: 0, ...given };
}

export function aGroupReport(given: Partial<GroupReport> = {}): GroupReport {
  return { group: 'workers', nodes: 50, drifted: 1, allowance: 1, ...given };
}

/** One that goes now. */
export function aDriftedNode(given: Partial<DriftedNode> = {}): DriftedNode {
  return {
    node: nodeName(1),
    instance: 'i-0123456789abcdef0',
    group: 'workers',
    zone: 'eu-central-1a',
    reasons: [IMAGE],
    decision: 'goes now',
    ...given,
  };
}

export function aSweepReport(...nodes: readonly SweptNode[]): SweepReport {
  return { cluster: 'shop', at: NOON, nodes };
}

/** One that starts now. */
export function aSweptNode(given: Partial<SweptNode> = {}): SweptNode {
  return {
    node: nodeName(1),
    instance: 'i-0123456789abcdef0',
    group: 'workers',
    taint: 'ebb/drain',
    release: 'terminate',
    decision: 'starts now',
    ...given,
  };
}

/** As EKS names nodes. @param index below 5,000 */
export function nodeName(index: number): string {
  return `ip-10-1-${100 + Math.floor(index / 50)}-${10 + (index % 50)}.eu-central-1.compute.internal`;
}

/** The widest of the lines. */
export function widthOf(text: string): number {
  return Math.max(...text.split('\n').map(({ length }) => length));
}
