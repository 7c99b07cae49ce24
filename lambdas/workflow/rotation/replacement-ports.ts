/** What the replacement of an instance needs of the outside, besides what every retirement does. */
import type { Capacity, Groups } from '../ports/auto-scaling.ts';
import type { DetachedInstances, Launches } from '../ports/ec2.ts';
import type { Fleets } from '../ports/kubernetes.ts';

export interface ReplacementPorts {
  readonly groups: Pick<Groups, 'named' | 'members'>;
  readonly capacity: Capacity;
  readonly instances: DetachedInstances & Pick<Launches, 'launched'>;
  readonly fleets: Fleets;
}
