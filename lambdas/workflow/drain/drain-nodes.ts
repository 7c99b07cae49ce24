/**
 * The drain of all nodes of a machine as one stage. Nearly always there is one node. A machine that was renamed has
 * another, which no kubelet serves any more: both are drained at the same time (contract 2.1).
 */
import { remainingPods } from './drain-memory.ts';
import { drainStage, type Drained, type DrainOrder, type DrainStageMemory } from './drain-stage.ts';
import type { Pass, PassContext, Stage } from '../run/stage.ts';
import type { Retiree } from '../retirement/retiree.ts';

/** Progress of one node: the memory of its drain, or its result. */
type Progress = { readonly memory: DrainStageMemory } | { readonly drained: Drained };

/** Memory of the machine's own node and, where it has several, the progress of each by name. */
export interface NodesMemory extends DrainStageMemory {
  readonly nodes?: Readonly<Record<string, Progress>>;
}

/** @param leftOver names of the nodes that the machine had before it was renamed */
export function drainNodesStage(
  retiree: Retiree,
  { leftOver, ...order }: DrainOrder & { leftOver: readonly string[] },
): Stage<Drained, NodesMemory> {
  const stage = drainStage(retiree, order);
  if (leftOver.length === 0) return stage;
  const { node: now, isolatedAt, startedAt, deadline, forces, early } = order;
  const others = leftOver.map((node): [string, typeof stage] => [
    node,
    drainStage(retiree, { node, now, isolatedAt, startedAt, deadline, forces, ...(early && { early }) }),
  ]);
  const stages = new Map([[order.node, stage], ...others]);
  return {
    ...stage,
    async pass({ nodes, ...memory }, context) {
      const progress = new Map<string, Progress>(
        [...stages].map(([node, { memory: first }]) => [node, nodes?.[node] ?? { memory: first }]),
      );
      if (nodes === undefined) progress.set(order.node, { memory });
      const passes = await passEach(stages, progress, context);
      return together(order.node, progress, passes);
    },
  };
}

/** Names of all pods that were still to go, on any node of the machine. */
export function remainingOn({ drain, nodes }: NodesMemory): string[] {
  if (nodes === undefined) return remainingPods(drain);
  return Object.values(nodes).flatMap((progress) =>
    'drained' in progress ? [] : remainingPods(progress.memory.drain),
  );
}

type NodePass = Pass<Drained, DrainStageMemory>;

/** Passes the unfinished drains side by side, and updates `progress`. @throws what any of them throws, at the end */
async function passEach(
  stages: ReadonlyMap<string, Stage<Drained, DrainStageMemory>>,
  progress: Map<string, Progress>,
  context: PassContext<NodesMemory>,
): Promise<readonly NodePass[]> {
  const passOne = async (node: string, stage: Stage<Drained, DrainStageMemory>): Promise<NodePass | undefined> => {
    const before = progress.get(node);
    if (before === undefined || 'drained' in before) return undefined;
    const keep = (memory: DrainStageMemory): void => void progress.set(node, { memory });
    const pass = await stage.pass(before.memory, { ...context, keep });
    progress.set(node, pass.state === 'done' ? { drained: pass.value } : { memory: pass.memory });
    return pass;
  };
  const ends = await Promise.allSettled([...stages].map(([node, stage]) => passOne(node, stage)));
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed === undefined) return ends.flatMap((end) => (end.status === 'fulfilled' ? (end.value ?? []) : []));
  context.keep(memoryOf([...stages.keys()][0] ?? '', progress));
  throw failed.reason;
}

/** Joins the passes: done when all are, or as soon as the machine's own node leaves us nothing to do. */
function together(
  node: string,
  progress: ReadonlyMap<string, Progress>,
  passes: readonly NodePass[],
): Pass<Drained, NodesMemory> {
  const waiting = passes.filter((pass) => pass.state === 'waiting');
  const own = progress.get(node);
  const drained = [...progress.values()].flatMap((each) => ('drained' in each ? [each.drained] : []));
  if (own !== undefined && 'drained' in own && (waiting.length === 0 || isOver(own.drained)))
    return { state: 'done', value: sum(own.drained, drained) };
  const heldBy = waiting.flatMap(({ heldBy: holders = [] }) => holders);
  const due = waiting.flatMap(({ dueAt = [] }) => dueAt);
  const progressAt = waiting.flatMap(({ progressAt: at = [] }) => at);
  return {
    state: 'waiting',
    memory: memoryOf(node, progress),
    waitingFor: waiting.flatMap(({ waitingFor }) => waitingFor),
    ...(heldBy.length > 0 && { heldBy }),
    ...(due.length > 0 && { dueAt: Math.min(...due) }),
    ...(progressAt.length > 0 && { progressAt: Math.max(...progressAt) }),
  };
}

function isOver({ ended }: Drained): boolean {
  return ended !== 'empty' && ended !== 'dead node';
}

function sum(own: Drained, all: readonly Drained[]): Drained {
  const forced = all.reduce((total, { memory }) => total + memory.forced, 0);
  return { ...own, memory: { ...own.memory, forced }, sparedVolumes: all.flatMap((each) => each.sparedVolumes) };
}

function memoryOf(node: string, progress: ReadonlyMap<string, Progress>): NodesMemory {
  const own = progress.get(node);
  const drain = own !== undefined && 'drained' in own ? { drain: own.drained.memory } : own?.memory;
  if (drain === undefined) throw new Error(`nothing is known of the drain of node ${node}`);
  return { ...drain, nodes: Object.fromEntries(progress) };
}
