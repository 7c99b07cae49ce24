/**
 * One instance in the lifecycle hook of its group, by the rules of AWS: the hook ends once, by a completion, by its
 * heartbeat timeout, or by its global timeout; what it ends in depends on the group's policy.
 */
import type { Lifecycle } from '../../../lambdas/workflow/ports/auto-scaling.ts';
import { SECOND } from '../../given.ts';
import { CLUSTER, GROUP, HOOK } from './names.ts';
import { globalTimeoutSeconds, noticedAt, type Scenario } from '../run/scenario.ts';
import type { World } from './world.ts';

/** How a hook ended: completed by a retirement, or by somebody else, abandoned, or by one of its timeouts. */
export interface HookEnd {
  readonly by: 'us' | 'another' | 'abandonment' | 'heartbeat timeout' | 'global timeout';
  readonly at: number;
}

/** How long AWS lags behind its own event, when it does. */
const LATE_MS = 90 * SECOND;

/** From the end of its hook until an instance is terminated. */
const TERMINATES_AFTER_MS = 60 * SECOND;

const STATES: Readonly<Record<Scenario['standing'], string | undefined>> = {
  waiting: 'Terminating:Wait',
  late: 'Terminating',
  'in service': 'InService',
  gone: undefined,
};

export class ModelGroup {
  readonly #world: World;
  state: string | undefined;
  ended: HookEnd | undefined;
  /** When its timeout last began anew, epoch milliseconds. */
  keptAliveAt = Date.now();
  retains: boolean;
  #timeout: NodeJS.Timeout | undefined;

  constructor(world: World) {
    const { scenario, faults } = world;
    this.#world = world;
    this.state = STATES[scenario.standing];
    this.retains = scenario.retains;
    if (scenario.standing === 'waiting') this.#hold(noticedAt(scenario));
    if (scenario.standing === 'late')
      setTimeout(() => {
        this.#hold(Date.now());
      }, LATE_MS);
    faults.when('hook completed by another', () => {
      if (this.isHeld) this.#end('another');
    });
    faults.when('retention removed', () => {
      this.retains = false;
    });
  }

  get isHeld(): boolean {
    return this.state === 'Terminating:Wait';
  }

  /** The port of one retirement. */
  port(execution: string): Lifecycle {
    const { scenario, witness } = this.#world;
    const answer = <Outcome>(effect: () => Outcome) => this.#answer(effect);
    return {
      membership: () =>
        answer(() => {
          if (this.isHeld) witness.verified(execution);
          return this.state === undefined ? undefined : { group: GROUP, state: this.state };
        }),
      groupTags: () => answer(() => ({})),
      rebalances: () => answer(() => false),
      hook: () =>
        answer(() => ({
          name: HOOK,
          timeoutSeconds: scenario.hookTimeoutSeconds,
          globalTimeoutSeconds: globalTimeoutSeconds(scenario),
          metadata: JSON.stringify({ cluster: CLUSTER }),
        })),
      leavingSince: () => answer(() => noticedAt(scenario)),
      heartbeat: () => answer(() => this.#heartbeat()),
      complete: async () => {
        const outcome = await answer(() => {
          witness.completing(execution);
          return this.#complete('us');
        });
        witness.toldOfCompletion(execution);
        return outcome;
      },
      retains: () => answer(() => this.retains),
      abandon: () =>
        answer(() => {
          witness.abandoning(this.retains);
          return this.#complete('abandonment');
        }),
      terminate: (instance) =>
        answer(() => {
          witness.terminating(instance);
          if (this.state !== 'Terminating:Retained') return 'gone';
          this.#proceed();
          return 'terminated';
        }),
    };
  }

  /** @throws Error when AWS fails: before it has done anything, or after */
  async #answer<Outcome>(effect: () => Outcome): Promise<Outcome> {
    const { faults, scenario } = this.#world;
    if (scenario.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, scenario.latencyMs));
    if (faults.holds('lifecycle fails')) throw new Error('Throttling: Rate exceeded');
    const outcome = effect();
    if (faults.holds('lifecycle loses answers')) throw new Error('TimeoutError: the answer was lost');
    return outcome;
  }

  /** @param since when the hook began, epoch milliseconds; it may be over already */
  #hold(since: number): void {
    const endsAt = since + globalTimeoutSeconds(this.#world.scenario) * SECOND;
    if (endsAt <= Date.now()) {
      this.#end('global timeout');
      return;
    }
    this.state = 'Terminating:Wait';
    this.keptAliveAt = Date.now();
    this.#arm();
    setTimeout(() => {
      if (this.isHeld) this.#end('global timeout');
    }, endsAt - Date.now());
  }

  #arm(): void {
    clearTimeout(this.#timeout);
    this.#timeout = setTimeout(() => {
      this.#end('heartbeat timeout');
      this.#world.witness.expired(this.keptAliveAt);
    }, this.#world.scenario.hookTimeoutSeconds * SECOND);
  }

  #heartbeat(): 'recorded' | 'over' {
    if (!this.isHeld) return 'over';
    this.keptAliveAt = Date.now();
    this.#arm();
    return 'recorded';
  }

  #complete(by: 'us' | 'abandonment'): 'completed' | 'over' {
    if (!this.isHeld) return 'over';
    this.#end(by);
    return 'completed';
  }

  #end(by: HookEnd['by']): void {
    clearTimeout(this.#timeout);
    this.ended = { by, at: Date.now() };
    if (by === 'abandonment' && this.retains) this.state = 'Terminating:Retained';
    else this.#proceed();
  }

  #proceed(): void {
    this.state = 'Terminating:Proceed';
    setTimeout(() => {
      this.state = undefined;
      this.#world.machine.ends('terminated');
    }, TERMINATES_AFTER_MS);
  }
}
