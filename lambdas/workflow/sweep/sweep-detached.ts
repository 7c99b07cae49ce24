/**
 * Sweeps the instances that a rotation has detached from their groups and that no retirement has in hand any more: each has
 * its replacement, so it is drained and terminated (contract 10.3). Nothing else would ever end them.
 */
import { ROTATION_TAG, DETACHED_FROM_TAG } from '../../core/aws/installation.ts';
import type { Group } from '../../core/aws/group.ts';
import type { FleetNode } from '../../core/disruption/fleet.ts';
import { retirementRequested } from '../../core/events/notice-events.ts';
import { executionName, type Home, type RequestedNotice } from '../../core/notice/notice.ts';
import { abandonedNodes, type AbandonedNode } from '../../core/rotation/abandoned-nodes.ts';
import { nodeRequestSchema, termsOf } from '../../core/rotation/node-request.ts';
import type { Groups } from '../ports/auto-scaling.ts';
import type { TaggedInstances } from '../ports/ec2.ts';
import type { Journal } from '../ports/journal.ts';
import type { Retirements, RunningRetirements } from '../ports/lambda.ts';
import type { SweepRecord } from './sweep-record.ts';

export interface DetachedSweepPorts {
  readonly groups: Pick<Groups, 'members'>;
  readonly instanceTags: TaggedInstances;
  readonly running: Pick<RunningRetirements, 'names'>;
  readonly retirements: Retirements;
  readonly journal: Journal;
  readonly home: Home;
}

/** The rotation's own words are not known any more: nothing is forced. */
const TERMS = termsOf(nodeRequestSchema.parse({ terminate: true }));

/** Instances that bear the tag of a rotation, each with the group that they say they were detached from. */
export type Detached = ReadonlyMap<string, string>;

/** Asked once for all clusters. @returns none when AWS does not tell, which the record keeps */
export async function readDetached(
  record: SweepRecord,
  { instanceTags }: Pick<DetachedSweepPorts, 'instanceTags'>,
): Promise<Detached> {
  let detached: Detached = new Map();
  await record.attempt(async () => {
    const tagged = await instanceTags.tagged(ROTATION_TAG);
    detached = new Map([...tagged].map(([instance, tags]) => [instance, tags[DETACHED_FROM_TAG] ?? '']));
  });
  return detached;
}

/**
 * @param nodes all nodes of the cluster
 * @param groups all enrolled groups
 * @returns names of the nodes that a retirement has in hand now
 */
export async function sweepDetached(
  nodes: readonly FleetNode[],
  { cluster, ...found }: { readonly cluster: string; readonly groups: readonly Group[]; readonly detached: Detached },
  record: SweepRecord,
  ports: DetachedSweepPorts,
): Promise<ReadonlySet<string>> {
  const abandoned = await abandonedIn(nodes, found, ports);
  for (const each of abandoned) {
    await record.attempt(async () => {
      await start(each, cluster, ports);
      record.started += 1;
    });
  }
  return new Set(abandoned.map(({ node }) => node));
}

async function abandonedIn(
  nodes: readonly FleetNode[],
  { groups, detached: everywhere }: { readonly groups: readonly Group[]; readonly detached: Detached },
  { groups: autoScaling, running, home }: DetachedSweepPorts,
): Promise<readonly AbandonedNode[]> {
  const here = new Set(nodes.flatMap(({ instance }) => instance ?? []));
  const detached = new Map([...everywhere].filter(([instance]) => here.has(instance)));
  if (detached.size === 0) return [];
  const members = new Set((await autoScaling.members([...detached.keys()])).map(({ instance }) => instance));
  const facts = { nodes, groups, detached, members, home, now: Date.now() };
  // Read last: what has begun since the nodes were read runs.
  return abandonedNodes({ ...facts, running: await running.names() });
}

async function start(
  { node, instance, group }: AbandonedNode,
  cluster: string,
  { retirements, journal, home }: DetachedSweepPorts,
): Promise<void> {
  const { account, region } = home;
  const about = { instance, group, cluster };
  const notice: RequestedNotice = { kind: 'request', account, region, ...about, at: Date.now(), terms: TERMS };
  const execution = executionName(notice, home);
  const already = (await retirements.start(execution, notice)) === 'already';
  journal.report(retirementRequested({ execution, ...about, already, foundBy: 'sweep', node }));
}
