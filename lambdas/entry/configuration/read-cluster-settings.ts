/** Reads the configured clusters' settings from their SSM parameters. */
import type { SSMClient } from '@aws-sdk/client-ssm';
import { namesUnder, readParameter, readParameters } from '../../adapters/aws/parameters.ts';
import type { Settings } from '../../workflow/ports/settings.ts';
import { parseClusterParameter } from './configuration.ts';
import { settingsIn } from './parameter-parts.ts';

/** @param prefix path of the clusters' parameters, with both slashes; a cluster's name follows it */
export function clusterSettings(ssm: SSMClient, prefix: string): Settings {
  return {
    async cluster(name) {
      const parameter = `${prefix}${name}`;
      const value = await readParameter(ssm, parameter);
      if (value === undefined) return undefined;
      const whole = await settingsIn({ name: parameter, value }, (names) => readParameters(ssm, names));
      return parseClusterParameter(whole, parameter);
    },
    names: () => namesUnder(ssm, prefix),
  };
}
