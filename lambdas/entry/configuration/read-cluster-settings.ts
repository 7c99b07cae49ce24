/** Reads the configured clusters' settings from their SSM parameters. */
import type { SSMClient } from '@aws-sdk/client-ssm';
import { CLUSTER_NAME } from '../../core/settings/cluster-settings.ts';
import { keptFor } from '../../adapters/aws/kept-answers.ts';
import { namesUnder, parametersTogether, readParameters } from '../../adapters/aws/parameters.ts';
import type { Settings } from '../../workflow/ports/settings.ts';
import { parseClusterParameter } from './configuration.ts';
import { settingsIn } from './parameter-parts.ts';

/** @param prefix path of the clusters' parameters, with both slashes; a cluster's name follows it */
export function clusterSettings(ssm: SSMClient, prefix: string): Settings {
  const read = parametersTogether(ssm);
  return {
    async cluster(name) {
      // Hooks, tags and events say any name. One that no parameter can have would fail those that are read together with it.
      if (!CLUSTER_NAME.test(name)) return undefined;
      const parameter = `${prefix}${name}`;
      const value = await read(parameter);
      if (value === undefined) return undefined;
      const whole = await settingsIn({ name: parameter, value }, (names) => readParameters(ssm, names));
      return parseClusterParameter(whole, parameter);
    },
    names: () => namesUnder(ssm, prefix),
  };
}

/** Parameter Store answers forty reads a second of an account, and notices come by the thousand. */
const KEPT_MS = 10_000;

/** Settings that are kept for a moment. A change of the configuration takes that much longer. */
export function keepingSettings(settings: Settings): Settings {
  return { ...settings, cluster: keptFor(KEPT_MS, (name) => settings.cluster(name)) };
}
