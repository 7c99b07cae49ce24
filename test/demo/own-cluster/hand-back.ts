/** The end of it for the user's node: put back, or left isolated as asked, and what is still to be done by hand. */
import type { Subject } from '../../../lambdas/core/events/retirement-events.ts';
import type { Journal } from '../../../lambdas/workflow/ports/journal.ts';
import { wordsOf } from '../../peers/own-cluster/fault.ts';
import { commandsByHand, putBack, remnants } from '../own-node/node-restoration.ts';
import type { OwnInstallation } from './own-installation.ts';
import { readOwnNode } from '../own-node/own-node.ts';
import type { OwnRetirementPlan } from './own-retirement.ts';
import type { Expectation } from '../scenario.ts';

export interface HandedBack {
  readonly expectation: Expectation;
  /** For the user, a line each. */
  readonly notes: string[];
}

interface Retired {
  readonly installation: OwnInstallation;
  readonly subject: Subject;
  readonly journal: Journal;
}

export async function handBack(plan: OwnRetirementPlan, retired: Retired): Promise<HandedBack> {
  const { options, own, configuration } = plan;
  const byHand = commandsByHand(options.kubeconfig, own.node, configuration.cluster.taint);
  return options.keepIsolated ? await keep(plan, byHand) : await restore(plan, retired, byHand);
}

async function keep(plan: OwnRetirementPlan, byHand: readonly string[]): Promise<HandedBack> {
  const { marks, unread } = await look(plan);
  return {
    expectation: {
      what: 'the node stays isolated, as asked',
      holds: marks.length > 0,
      found: unread ?? 'it is not isolated',
    },
    notes: ['The node stays isolated. To put it back:', ...byHand],
  };
}

async function restore(plan: OwnRetirementPlan, retired: Retired, byHand: readonly string[]): Promise<HandedBack> {
  const { options, patience, configuration } = plan;
  const fault = await putBack(
    { subject: retired.subject, node: options.node, taint: configuration.cluster.taint, within: patience.restore },
    { cluster: retired.installation.cluster, journal: retired.journal },
  );
  const { marks, unread } = fault === undefined ? await look(plan) : { marks: [], unread: fault };
  const why = unread ?? (marks.length === 0 ? undefined : `it still has ${marks.join(', ')}`);
  return {
    expectation: { what: 'the node was put back as it was', holds: why === undefined, found: why ?? 'it was' },
    notes: why === undefined ? [] : [`The node could not be put back: ${why}. By hand:`, ...byHand],
  };
}

/** What the node still bears; a node that is gone bears nothing. */
async function look({ options, own, upstream, configuration }: OwnRetirementPlan): Promise<Looked> {
  try {
    const now = await readOwnNode(options.node, upstream);
    return { marks: now === undefined ? [] : remnants(own.node, now, configuration.cluster.taint) };
  } catch (error) {
    return { marks: [], unread: wordsOf(error) };
  }
}

interface Looked {
  readonly marks: readonly string[];
  /** Why the node could not be read. */
  readonly unread?: string;
}
