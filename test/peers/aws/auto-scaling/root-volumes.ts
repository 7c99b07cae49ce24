/** Instance refreshes that replace the root volume of an instance in place («Replace root volumes», user guide). */
import type { Timetable } from '../timetable.ts';
import type { Member } from './group.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Route } from './notifications.ts';

const ROUTE: Route = { origin: 'AutoScalingGroup', destination: 'AutoScalingGroup', action: 'ReplaceRootVolume' };

export class RootVolumes {
  /** Called when the volume of an instance is being replaced: the place to reboot its machine. */
  readonly listeners: ((instanceId: string) => void)[] = [];
  /** Driven milliseconds that the replacement takes. */
  duration = 60_000;
  readonly #time: Timetable;
  readonly #lifecycle: Lifecycle;

  constructor(parts: { time: Timetable; lifecycle: Lifecycle }) {
    this.#time = parts.time;
    this.#lifecycle = parts.lifecycle;
  }

  /** Replaces the root volume of an instance in service, after its terminate and before its launch hooks. */
  replace(member: Member): void {
    const lifecycle = this.#lifecycle;
    lifecycle.move(member, 'ReplacingRootVolume');
    lifecycle.begin(member, {
      transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      route: ROUTE,
      waiting: 'ReplacingRootVolume:Wait',
      proceeding: 'ReplacingRootVolume:Proceed',
      then: () => {
        for (const listener of this.listeners) listener(member.instanceId);
        this.#time.after(this.duration, () => {
          this.#return(member);
        });
      },
    });
  }

  #return(member: Member): void {
    const lifecycle = this.#lifecycle;
    lifecycle.move(member, 'RootVolumeReplaced');
    lifecycle.move(member, 'Pending');
    lifecycle.begin(member, {
      transition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
      route: ROUTE,
      waiting: 'Pending:Wait',
      proceeding: 'Pending:Proceed',
      then: () => {
        lifecycle.move(member, 'InService');
      },
    });
  }
}
