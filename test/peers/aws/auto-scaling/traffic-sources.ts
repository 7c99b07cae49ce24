/** What sends traffic to a group's instances: Auto Scaling registers them there, and deregisters them when they leave. */
import type { Activity, Group, Member, TrafficSource } from './group.ts';

/** Elastic Load Balancing, as far as Auto Scaling needs it. */
export interface Balancers {
  /** Registers an instance; it is in service at once when `now`, and otherwise as soon as registrations are. */
  register(source: TrafficSource, instanceId: string, now: boolean): void;
  /** Deregisters an instance, and calls `then` once it has drained: in this turn when there is nothing to wait for. */
  deregister(source: TrafficSource, instanceId: string, then: () => void): void;
  /** The VPC that the source's instances must be in. */
  vpcOf(source: TrafficSource): string;
  /** Whether one of these instances passes the health checks of the source. */
  servesOne(source: TrafficSource, instanceIds: readonly string[]): boolean;
}

export class TrafficSources {
  /**
   * When an instance that is to end is deregistered. Before its terminate hooks: «the terminating instance is first
   * deregistered from the load balancer», with its connections drained, then «the lifecycle hook puts the instance into
   * a wait state» (user guide, «How lifecycle hooks work», steps 4 and 5). Otherwise: after them.
   */
  deregistersFirst = true;
  readonly #balancers: Balancers;

  constructor(balancers: Balancers) {
    this.#balancers = balancers;
  }

  /** Registers a member everywhere, in service at once when `now`; nowhere while AddToLoadBalancer is suspended. */
  enter(member: Member, now: boolean): void {
    if (member.group.suspended.has('AddToLoadBalancer')) return;
    for (const source of member.group.trafficSources) this.#balancers.register(source, member.instanceId, now);
  }

  /** Deregisters a member everywhere and calls `then` once it has drained there. */
  leave(member: Member, then: () => void): void {
    const sources = member.group.trafficSources;
    let left = sources.length;
    if (left === 0) then();
    for (const source of sources) {
      this.#balancers.deregister(source, member.instanceId, () => {
        left -= 1;
        if (left === 0) then();
      });
    }
  }

  /** Deregisters a member everywhere, and calls `then` once it has drained; its activity says that it waits for that. */
  drain(member: Member, activity: Activity, then: () => void): void {
    activity.status = 'WaitingForELBConnectionDraining';
    this.leave(member, () => {
      activity.status = 'InProgress';
      then();
    });
  }

  /** Whether an instance of that VPC can be registered with each of the group's sources. */
  accept(group: Group, vpcId: string): boolean {
    return group.trafficSources.every((source) => this.#balancers.vpcOf(source) === vpcId);
  }

  /** The state of a source as the Describe calls tell it. */
  stateOf(source: TrafficSource, group: Group): 'Added' | 'InService' {
    return this.#balancers.servesOne(source, [...group.members.keys()]) ? 'InService' : 'Added';
  }
}
