/** The life of every pod there ever was, in driven epoch milliseconds. */
import type { Fact, PodEvent, PodFact } from '../storage/facts.ts';

export interface PodLife {
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly workload: string | undefined;
  node?: string;
  created?: number;
  scheduled?: number;
  /** The first time that it was ready. */
  ready?: number;
  /** The deletion was asked for. */
  terminating?: number;
  /** Its containers ended by themselves or by the end of their grace. */
  stopped?: number;
  /** Its machine went away under it. */
  killed?: number;
  /** Its object went. */
  gone?: number;
}

const MARKS: Readonly<
  Partial<Record<PodEvent, 'created' | 'scheduled' | 'ready' | 'terminating' | 'stopped' | 'gone'>>
> = {
  podCreated: 'created',
  podScheduled: 'scheduled',
  podReady: 'ready',
  podTerminating: 'terminating',
  podStopped: 'stopped',
  podGone: 'gone',
};

export class Timeline {
  readonly #lives = new Map<string, PodLife>();

  /** Every pod, in the order of creation. */
  get lives(): PodLife[] {
    return [...this.#lives.values()];
  }

  note(fact: Fact): void {
    if (!('pod' in fact)) return;
    const life = this.#life(fact);
    if (fact.node !== undefined) life.node = fact.node;
    const mark = MARKS[fact.kind];
    if (mark !== undefined) life[mark] ??= fact.at;
  }

  /** The machine of a node ends at `at`: what still runs on it is killed. Returns those pods. */
  kill(node: string, at: number): PodLife[] {
    const running = this.lives.filter((life) => life.node === node && (life.stopped ?? life.gone) === undefined);
    for (const life of running) life.killed = at;
    return running;
  }

  #life({ namespace, pod, uid, workload }: PodFact): PodLife {
    const known = this.#lives.get(uid);
    if (known !== undefined) return known;
    const life: PodLife = { namespace, pod, uid, workload };
    this.#lives.set(uid, life);
    return life;
  }
}
