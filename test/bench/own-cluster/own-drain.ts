/** One drain of somebody's node that is measured. */
import type { Pod } from '../../../lambdas/core/kubernetes/pod.ts';
import type { Survey } from '../../demo/own-cluster/own-cluster.ts';
import type { CommandStage } from '../../command/command-stage.ts';
import type { Upstream } from '../../peers/own-cluster/upstream.ts';
import type { OwnBenchOptions } from '../drain/options.ts';

export interface OwnDrain {
  readonly options: OwnBenchOptions;
  readonly stage: CommandStage;
  readonly upstream: Upstream;
  readonly survey: Survey;
  /** Evictable pods on the node when it begins. */
  readonly leaving: readonly Pod[];
  /** The bench's own, where its pods are. */
  readonly namespace: string;
}
