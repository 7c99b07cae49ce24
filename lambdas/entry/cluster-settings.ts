/** The configured clusters' settings, from their SSM parameters. */
import type { SSMClient } from '@aws-sdk/client-ssm';
import { namesUnder, readParameter } from '../adapters/parameters.ts';
import type { Settings } from '../workflow/ports.ts';
import { parseClusterParameter } from './configuration.ts';

/** @param prefix path under which each cluster has a parameter of its name, with both slashes */
export function clusterSettings(ssm: SSMClient, prefix: string): Settings {
  return {
    async cluster(name) {
      const text = await readParameter(ssm, `${prefix}${name}`);
      return text === undefined ? undefined : parseClusterParameter(text);
    },
    names: () => namesUnder(ssm, prefix),
  };
}
