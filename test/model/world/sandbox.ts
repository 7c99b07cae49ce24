/**
 * The process of one invocation. Every request that it makes can be its last; once it has been left, by a crash or to
 * wait, nothing that still runs in it reaches anybody, and nobody answers it.
 */
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import type { RetirementPorts } from '../../../lambdas/workflow/retirement/retirement.ts';
import { MINUTE } from '../../given.ts';
import type { Crashes } from '../run/crashes.ts';
import type { World } from './world.ts';

/** Why a process was left, and when the next one starts, epoch milliseconds. */
export interface Departure {
  readonly why: 'crash' | 'wait';
  readonly resumeAt: number;
}

/** Told by infra/node-retirement.ts: Lambda ends an invocation that takes longer. */
const INVOCATION_TIMEOUT_MS = 10 * MINUTE;

export type OuterPorts = Omit<RetirementPorts, 'run'>;

export class Sandbox {
  readonly #crashes: Crashes;
  #timeout: NodeJS.Timeout | undefined;
  #leave: (departure: Departure) => void = () => undefined;
  readonly left: Promise<Departure>;
  #hasLeft = false;
  /** A step is at work, so what is reported now is not reported again by a replay. */
  isInStep = false;

  constructor(crashes: Crashes) {
    this.#crashes = crashes;
    this.left = new Promise((resolve) => {
      this.#leave = resolve;
    });
    this.beginsAnew();
  }

  /** Lambda gives it its time once more. */
  beginsAnew(): void {
    clearTimeout(this.#timeout);
    this.#timeout = setTimeout(() => {
      void this.leave({ why: 'crash', resumeAt: Date.now() });
    }, INVOCATION_TIMEOUT_MS);
  }

  /** Whether anything that runs in it still reaches anybody. */
  isAlive(): boolean {
    return !this.#hasLeft;
  }

  /** @returns a promise that is never settled: for whoever goes on waiting in here */
  leave(departure: Departure): Promise<never> {
    clearTimeout(this.#timeout);
    this.#hasLeft = true;
    this.#leave(departure);
    return new Promise(() => undefined);
  }

  /** Lets something be done outside, if it is still alive; it may die at that. */
  async through<Outcome>(of: 'request' | 'checkpoint', effect: () => Promise<Outcome>): Promise<Outcome> {
    if (!this.isAlive()) return await new Promise(() => undefined);
    const crash = this.#crashes.next(of);
    if (crash?.when === 'before') return await this.leave(crash.departure());
    const [outcome] = await Promise.allSettled([effect()]);
    if (crash !== undefined) return await this.leave(crash.departure());
    if (!this.isAlive()) return await new Promise(() => undefined);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  /** The ports as this process has them. */
  guard(ports: OuterPorts, world: World): OuterPorts {
    return {
      ...ports,
      lifecycle: this.#guarded(ports.lifecycle, world),
      instances: this.#guarded(ports.instances, world),
      balancing: this.#guarded(ports.balancing, world),
      instanceTags: this.#guarded(ports.instanceTags, world),
      settings: this.#guarded(ports.settings, world),
      running: this.#guarded(ports.running, world),
      clusters: {
        open: async (reached) => this.#guarded(await ports.clusters.open(reached), world),
      },
      journal: {
        report: (event: DomainEvent) => {
          if (!this.isAlive()) return;
          if (!this.isInStep)
            world.witness.broken(`P4: ${event.type} is reported outside of a step: replays repeat it`);
          ports.journal.report(event);
        },
      },
    };
  }

  #guarded<Port extends object>(port: Port, world: World): Port {
    return new Proxy(port, {
      get: (target, key) => {
        const member: unknown = Reflect.get(target, key);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          if (!this.isInStep)
            world.witness.broken(`P5: ${String(key)} is asked for outside of a step: replays ask again`);
          return this.through('request', () => Reflect.apply(member, target, given) as Promise<unknown>);
        };
      },
    });
  }
}
