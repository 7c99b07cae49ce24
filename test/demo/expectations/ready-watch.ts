/** How many nodes of each group are Ready, and how many instances it has, at every instant. */
import type { Installation } from '../../installation.ts';
import { isNodeReady } from '../../peers/kubernetes/storage/facts.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';

/** What was seen of a group. */
export interface SeenGroup {
  /** Ready nodes at the beginning, and the fewest and most ever. A detached instance's node counts for its group. */
  readonly start: number;
  fewest: number;
  most: number;
  /** The most instances that were attached at once. */
  attached: number;
  /** Ready nodes from time to time, epoch milliseconds. */
  readonly course: { readonly at: number; readonly ready: number }[];
}

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Columns of a drawing. */
const COLUMNS = 60;

export class ReadyWatch {
  readonly groups = new Map<string, SeenGroup>();
  readonly #installation: Installation;
  /** The group that each instance was seen in first. */
  readonly #homes = new Map<string, string>();

  constructor(installation: Installation, groups: readonly string[]) {
    this.#installation = installation;
    for (const group of groups) {
      const start = this.#readyOf(group);
      this.groups.set(group, { start, fewest: start, most: start, attached: 0, course: [] });
    }
    installation.kubernetes.store.onChange(() => {
      this.#look();
    });
    installation.aws.autoScaling.onLaunch(() => {
      this.#look();
    });
    this.#look();
  }

  /** Ready nodes over time, a line for each group. */
  drawn(): string[] {
    const all = [...this.groups.values()].flatMap(({ course }) => course.map(({ at }) => at));
    const [from, to] = [Math.min(...all), Math.max(...all)];
    const width = Math.max(...[...this.groups.keys()].map((name) => name.length));
    return [...this.groups].map(([name, { course, most }]) => {
      const bars = Array.from({ length: COLUMNS }, (_, column) => {
        const at = from + ((to - from) * column) / (COLUMNS - 1);
        const ready = course.findLast((point) => point.at <= at)?.ready ?? 0;
        return BARS[Math.round((ready / most) * (BARS.length - 1))] ?? ' ';
      });
      return `${name.padEnd(width)} ${bars.join('')} ${course.at(-1)?.ready ?? 0}`;
    });
  }

  #look(): void {
    const { aws, clock } = this.#installation;
    for (const [name, seen] of this.groups) {
      const ready = this.#readyOf(name);
      const attached = [...aws.autoScaling.group(name).members.keys()].filter(
        (id) => aws.autoScaling.state(id)?.startsWith('Terminating') !== true,
      ).length;
      seen.fewest = Math.min(seen.fewest, ready);
      seen.most = Math.max(seen.most, ready);
      seen.attached = Math.max(seen.attached, attached);
      if (seen.course.at(-1)?.ready !== ready) seen.course.push({ at: clock.now(), ready });
    }
  }

  #readyOf(group: string): number {
    const { aws, kubernetes, nodesByInstance } = this.#installation;
    for (const id of aws.autoScaling.group(group).members.keys()) this.#homes.set(id, group);
    const ready = new Set(
      kubernetes.store
        .list(nodes)
        .filter(isNodeReady)
        .map(({ metadata }) => metadata.name),
    );
    return [...this.#homes].filter(([id, home]) => home === group && ready.has(nodesByInstance.get(id) ?? '')).length;
  }
}
