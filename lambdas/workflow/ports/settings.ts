/** The settings of the configured clusters. */
import type { ClusterSettings } from '../../core/settings/cluster-settings.ts';

export interface Settings {
  /** Undefined when no such cluster is configured. */
  cluster(name: string): Promise<ClusterSettings | undefined>;
  /** Names of the configured clusters. */
  names(): Promise<readonly string[]>;
}
