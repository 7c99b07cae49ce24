/** Retires one node in this process, with its caller's own credentials and no function in AWS (contract 10.7). */
import type * as z from 'zod/mini';
import { groups } from '../../adapters/auto-scaling/groups.ts';
import { NO_GROUP } from '../../core/aws/group.ts';
import { instanceOf } from '../../core/kubernetes/node.ts';
import { executionName, type RequestedNotice } from '../../core/notice/notice.ts';
import { parseNodeRequest, termsOf, type nodeRequestSchema } from '../../core/rotation/node-request.ts';
import type { Retired } from '../../workflow/retirement/retirement.ts';
import type { EndedHere } from './process-retirements.ts';
import { beginRun, CannotBegin, reach, type Reached, type RunMeans } from './begin-run.ts';

/** The request of a node's retirement: what has a default may be left out. */
export type NodeInput = z.input<typeof nodeRequestSchema> & { readonly cluster: string };

export interface RetirementResult extends Retired {
  readonly instance: string;
  /** The group that the instance was in; undefined when it was in none. */
  readonly group?: string;
}

/**
 * Takes one node out of service.
 *
 * @throws CannotBegin naming every fault of the request; ClusterRefused, ClusterAway or the error of AWS, when the cluster
 *   or AWS cannot be asked; RetirementFailed
 */
export async function retireNode(input: NodeInput, means: RunMeans = {}): Promise<RetirementResult> {
  const parsed = parseNodeRequest(input);
  if ('faults' in parsed) throw new CannotBegin(parsed.faults.join('\n'));
  const { request } = parsed;
  const { cluster } = request;
  if (cluster === undefined) throw new CannotBegin('cluster: missing: name the cluster that the node is in');
  const reached = reach(means);
  const instance = request.instance ?? (await instanceNamed(request.node ?? '', cluster, reached));
  const [member] = await groups(reached.clients.autoScaling).members([instance]);
  const { group } = member ?? { group: NO_GROUP };
  const ports = await beginRun(cluster, member === undefined ? [] : [group], means, reached);
  const { account, region } = ports.home;
  const where = { account, region, instance, group, cluster };
  const notice: RequestedNotice = { kind: 'request', ...where, at: Date.now(), terms: termsOf(request) };
  await ports.retirements.start(executionName(notice, ports.home), notice);
  await ports.retirements.allEnd();
  const [ended] = ports.retirements.ended;
  return { instance, ...(member && { group }), ...cameTo(ended) };
}

function cameTo(ended: EndedHere | undefined): Retired {
  return ended?.retired ?? { result: 'failed', reason: ended?.fault ?? 'it has not ended' };
}

const INSTANCE = /^i-[0-9a-f]{8,17}$/;

/** @throws CannotBegin when there is no such node, or it is no instance */
async function instanceNamed(name: string, cluster: string, { fleets }: Reached): Promise<string> {
  const view = await fleets.open({ name: cluster });
  const node = await view.readNode(name);
  const instance = node === undefined ? INSTANCE.exec(name)?.[0] : instanceOf(node);
  if (instance !== undefined) return instance;
  const why = node === undefined ? `there is no node ${name} in ${cluster}` : `node ${name} is no EC2 instance`;
  throw new CannotBegin(`node: ${why}`);
}
