/**
 * The instances of a storm, as Auto Scaling has them: each in our hook until somebody completes it or its time is up. What is
 * asked of AWS is asked at AWS's rates.
 */
import { askedTogether } from '../../../lambdas/adapters/aws/asked-together.ts';
import { MOST_INSTANCES } from '../../../lambdas/adapters/auto-scaling/lifecycle.ts';
import type { LifecycleNotice } from '../../../lambdas/core/notice/notice.ts';
import type { Lifecycle, Membership } from '../../../lambdas/workflow/ports/auto-scaling.ts';
import type { Rates } from './rates.ts';

export const HOOK = 'ebb-drain';
const HEARTBEAT_SECONDS = 900;
const HEARTBEAT_MS = HEARTBEAT_SECONDS * 1000;

/** From the end of its hook until a machine and its node have gone. */
const MACHINE_ENDS_MS = 60_000;

export interface Machine {
  readonly notice: LifecycleNotice;
  readonly cluster: string;
  readonly arrivedAt: number;
  isolatedAt?: number;
  completedAt?: number;
  /** When its hook gives up unless it is renewed. */
  heldUntil: number;
  /** Its hook gave up while pods were on it. */
  lost?: true;
}

interface Parts {
  readonly rates: Rates;
  /** How many pods are on it. */
  readonly podsOn: (machine: Machine) => number;
  /** Its machine has gone, and its node with it. */
  readonly gone: (machine: Machine) => void;
}

export class StormMachines {
  readonly #machines = new Map<string, Machine>();
  readonly #parts: Parts;
  /** What Auto Scaling answers, at its rate. */
  readonly lifecycle: Lifecycle;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.lifecycle = this.#lifecycle(parts.rates);
  }

  get all(): readonly Machine[] {
    return [...this.#machines.values()];
  }

  of(instance: string): Machine | undefined {
    return this.#machines.get(instance);
  }

  /** An instance whose hook begins at `arrivedAt`, epoch milliseconds. */
  add({ notice, cluster, arrivedAt }: Pick<Machine, 'notice' | 'cluster' | 'arrivedAt'>): void {
    const machine = { notice, cluster, arrivedAt, heldUntil: arrivedAt + HEARTBEAT_MS };
    this.#machines.set(notice.instance, machine);
    this.#watch(machine);
  }

  /** The hook gives up when nobody has renewed it, and its instance goes with what is on it. */
  #watch(machine: Machine): void {
    setTimeout(() => {
      if (machine.completedAt !== undefined) return;
      if (Date.now() < machine.heldUntil) this.#watch(machine);
      else {
        machine.completedAt = Date.now();
        if (this.#parts.podsOn(machine) > 0) machine.lost = true;
      }
    }, machine.heldUntil - Date.now());
  }

  #held(instance: string): Machine | undefined {
    const machine = this.#machines.get(instance);
    return machine?.completedAt === undefined ? machine : undefined;
  }

  #membership(instance: string): Membership | undefined {
    const machine = this.#held(instance);
    return machine && { group: machine.notice.group, state: 'Terminating:Wait' };
  }

  #lifecycle(rates: Rates): Lifecycle {
    const scaling = <Answer>(answer: () => Answer): Promise<Answer> => rates.call('Auto Scaling', answer);
    const never = (): Promise<never> => Promise.reject(new Error('no storm asks for this'));
    return {
      membership: askedTogether(MOST_INSTANCES, (ids) => scaling(() => ids.map((id) => this.#membership(id)))),
      groupTags: () => scaling(() => ({})),
      hook: (group) =>
        scaling(() => ({
          name: HOOK,
          timeoutSeconds: HEARTBEAT_SECONDS,
          globalTimeoutSeconds: 100 * HEARTBEAT_SECONDS,
          metadata: JSON.stringify({ cluster: group.replace('-workers', '') }),
        })),
      leavingSince: ({ instance }) => scaling(() => this.of(instance)?.arrivedAt),
      heartbeat: ({ instance }) =>
        scaling(() => {
          const machine = this.#held(instance);
          if (machine === undefined) return 'over';
          machine.heldUntil = Date.now() + HEARTBEAT_MS;
          return 'recorded';
        }),
      complete: ({ instance }) =>
        scaling(() => {
          const machine = this.#held(instance);
          if (machine === undefined) return 'over';
          machine.completedAt = Date.now();
          setTimeout(() => {
            this.#parts.gone(machine);
          }, MACHINE_ENDS_MS);
          return 'completed';
        }),
      retains: () => scaling(() => false),
      rebalances: () => scaling(() => false),
      abandon: never,
      terminate: never,
    };
  }
}
