/**
 * The lifecycle-hook state machine of one transition of one instance: wait in every hook at once, then go on.
 *
 * It knows hooks, tokens and timeouts; what comes after a transition belongs to the group (`capacity.ts`).
 */
import { AwsError } from '../wire/aws-error.ts';
import type { Bus } from '../event-bridge/event.ts';
import type { Timetable } from '../timetable.ts';
import {
  globalTimeout,
  stateOf,
  type Hook,
  type HookResult,
  type LifecycleAction,
  type Member,
  type Transition,
} from './group.ts';
import type { History } from './history.ts';
import { lifecycleActionEvent, type Route } from './notifications.ts';

export interface TransitionPlan {
  readonly transition: Transition;
  readonly route: Route;
  /** The states while hooks wait and after the last is resolved. */
  readonly waiting: string;
  readonly proceeding: string;
  /** What comes next; the result is ABANDON as soon as one hook says so. */
  readonly then: (result: HookResult) => void;
}

export class Lifecycle {
  readonly #time: Timetable;
  readonly #bus: Bus;
  readonly #history: History;
  readonly #plans = new Map<string, TransitionPlan>();

  constructor(parts: { time: Timetable; bus: Bus; history: History }) {
    this.#time = parts.time;
    this.#bus = parts.bus;
    this.#history = parts.history;
  }

  move(member: Member, state: string): void {
    const from = member.states.at(-1)?.state;
    const at = this.#time.now();
    member.states.push({ state, at });
    this.#history.add(member.instanceId, at, { kind: 'state', from, state });
  }

  /** Starts every hook of the group for the transition; without any, the transition is over at once. */
  begin(member: Member, plan: TransitionPlan): void {
    const hooks = [...member.group.hooks.values()].filter((hook) => hook.transition === plan.transition);
    this.abandon(member);
    if (hooks.length === 0) {
      plan.then('CONTINUE');
      return;
    }
    this.#plans.set(member.instanceId, plan);
    this.move(member, plan.waiting);
    for (const hook of hooks) this.#startHook(member, hook, plan);
  }

  /** Ends the transition under way, if there is one: its hooks neither time out nor can be completed any more. */
  abandon(member: Member): void {
    for (const action of member.actions.values()) action.timer?.cancel();
    member.actions.clear();
    this.#plans.delete(member.instanceId);
  }

  complete(
    member: Member,
    hookName: string,
    completion: { token?: string; result: HookResult; function?: string },
  ): void {
    const action = this.#activeAction(member, hookName, completion.token);
    this.#resolve(member, action, { result: completion.result, by: 'call', function: completion.function });
  }

  heartbeat(member: Member, hookName: string, options: { token?: string; function?: string }): void {
    const action = this.#activeAction(member, hookName, options.token);
    const before = action.deadline;
    this.#arm(member, action);
    const { token, deadline } = action;
    const event = { kind: 'heartbeat', hook: hookName, token, before, deadline, function: options.function } as const;
    this.#history.add(member.instanceId, this.#time.now(), event);
  }

  #startHook(member: Member, hook: Hook, plan: TransitionPlan): void {
    const now = this.#time.now();
    const action: LifecycleAction = {
      token: crypto.randomUUID(),
      hook,
      globalDeadline: now + globalTimeout(hook) * 1000,
      deadline: now,
      timer: undefined,
      result: undefined,
    };
    member.actions.set(hook.name, action);
    this.#arm(member, action);
    const { token, deadline } = action;
    this.#history.add(member.instanceId, now, {
      kind: 'hook-started',
      hook: hook.name,
      token,
      transition: hook.transition,
      deadline,
    });
    this.#bus.put(lifecycleActionEvent(member, action, plan.route));
  }

  #arm(member: Member, action: LifecycleAction): void {
    const now = this.#time.now();
    action.timer?.cancel();
    action.deadline = Math.min(now + action.hook.heartbeatTimeout * 1000, action.globalDeadline);
    action.timer = this.#time.after(action.deadline - now, () => {
      this.#resolve(member, action, { result: action.hook.defaultResult, by: 'timeout', function: undefined });
    });
  }

  #resolve(
    member: Member,
    action: LifecycleAction,
    outcome: { result: HookResult; by: 'call' | 'timeout' | 'abandoned'; function: string | undefined },
  ): void {
    action.timer?.cancel();
    action.result = outcome.result;
    const event = { kind: 'completion', hook: action.hook.name, token: action.token, ...outcome } as const;
    this.#history.add(member.instanceId, this.#time.now(), event);
    if (outcome.result === 'ABANDON' && outcome.by !== 'abandoned') this.#abandonOthers(member);
    else if (outcome.by === 'abandoned') return;
    this.#proceedWhenResolved(member);
  }

  /** ABANDON stops any remaining actions, such as other lifecycle hooks (Auto Scaling user guide). */
  #abandonOthers(member: Member): void {
    for (const action of member.actions.values()) {
      if (action.result !== undefined) continue;
      this.#resolve(member, action, { result: 'ABANDON', by: 'abandoned', function: undefined });
    }
  }

  #proceedWhenResolved(member: Member): void {
    const results = [...member.actions.values()].map((action) => action.result);
    const plan = this.#plans.get(member.instanceId);
    if (results.includes(undefined) || plan === undefined) return;
    this.#plans.delete(member.instanceId);
    this.move(member, plan.proceeding);
    plan.then(results.includes('ABANDON') ? 'ABANDON' : 'CONTINUE');
  }

  #activeAction(member: Member, hookName: string, token: string | undefined): LifecycleAction {
    const action = member.actions.get(hookName);
    const active = action?.result === undefined && stateOf(member).endsWith(':Wait');
    if (action !== undefined && active && (token === undefined || token === action.token)) return action;
    throw noActiveAction(token === undefined ? { instanceId: member.instanceId } : { token });
  }
}

/** The refusal that AWS gives for an action that is over or never was. */
export function noActiveAction(by: { token: string } | { instanceId: string }): AwsError {
  const what = 'token' in by ? `token ${by.token}` : `instance ID ${by.instanceId}`;
  return new AwsError('ValidationError', `No active Lifecycle Action found with ${what}`);
}
