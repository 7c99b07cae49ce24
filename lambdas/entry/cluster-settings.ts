/** The configured clusters' settings, from their SSM parameters. */
import type { SSMClient } from '@aws-sdk/client-ssm';
import { namesUnder, readParameter } from '../adapters/parameters.ts';
import type { Settings } from '../workflow/ports.ts';
import { parseClusterParameter } from './configuration.ts';

/** @param prefix path under which each cluster has a parameter of its name, with both slashes */
export function clusterSettings(ssm: SSMClient, prefix: string): Settings {
  return {
    async cluster(name) {
      const parameter = `${prefix}${name}`;
      const text = await readParameter(ssm, parameter);
      return text === undefined ? undefined : parseClusterParameter(text, parameter);
    },
    names: () => namesUnder(ssm, prefix),
  };
}
