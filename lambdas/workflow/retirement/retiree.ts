/** Whom the stages of a retirement are about: its notice, its course, the names of its nodes, and the ports to look by. */
import type { Home, Notice } from '../../core/notice/notice.ts';
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';
import type { Instances } from '../ports/ec2.ts';
import type { Journal } from '../ports/journal.ts';
import type { Clusters } from '../ports/kubernetes.ts';
import type { RunningRetirements } from '../ports/lambda.ts';
import type { LoadBalancing } from '../ports/load-balancing.ts';
import type { Course } from '../run/stage.ts';

export interface Retiree {
  readonly notice: Notice;
  readonly cluster: ClusterSettings;
  readonly course: Course;
  readonly ports: {
    readonly clusters: Clusters;
    readonly instances: Instances;
    readonly balancing: LoadBalancing;
    readonly journal: Journal;
    readonly running: Pick<RunningRetirements, 'isRunning'>;
    readonly home: Home;
  };
}

/** The names of a machine's nodes: the one that it has now, and those that it had before (contract 2.1). */
export interface NodeNames {
  readonly node: string;
  readonly leftOver: readonly string[];
}

/** Seconds since the notice's event was made, to a tenth. */
export function secondsSince({ at }: Notice): number {
  return Math.round((Date.now() - at) / 100) / 10;
}

/** Names of a retirement's first steps, by which retirement-record.ts finds them in the run's history. */
export const STEP = { verify: 'verify', find: 'find-node', isolate: 'isolate' } as const;
