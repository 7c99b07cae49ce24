/** A cluster's settings in as many SSM parameters as they need (contract 14.1). */
import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import { clusterSettings } from '../../../lambdas/entry/configuration/read-cluster-settings.ts';
import {
  clusterParameter,
  parseClusterParameter,
  type ClusterConfiguration,
} from '../../../lambdas/entry/configuration/configuration.ts';
import { parametersOf } from '../../../lambdas/entry/configuration/parameter-parts.ts';
import { AwsGiven } from '../../adapters/aws/given.ts';

const NAME = '/ebb/clusters/production';

function clusterOf(groups: number): ClusterConfiguration {
  const [cluster] = parseConfiguration({
    clusters: [
      {
        name: 'production',
        groups: Array.from({ length: groups }, (_, index) => ({
          name: `production-workers-of-some-team-${String(index).padStart(4, '0')}`,
          ...(index % 3 === 0 && { drainTimeoutSeconds: 7_200, budget: { nodes: 2 } }),
        })),
      },
    ],
  }).clusters;
  if (cluster === undefined) throw new Error('there is no cluster');
  return cluster;
}

describe('the settings of a cluster', () => {
  test('of few groups stand in one parameter, as they always have', () => {
    const written = clusterParameter(clusterOf(5));
    expect(parametersOf(written)).toEqual([{ suffix: '', value: written }]);
  });

  test.each([60, 500])(
    'of %i groups are split over parameters of 4,096 characters, and read whole again',
    async (groups) => {
      await using given = await AwsGiven.start();
      const written = clusterParameter(clusterOf(groups));
      const parameters = parametersOf(written);
      expect(parameters.length).toBeGreaterThan(1);
      for (const { suffix, value } of parameters) {
        expect(value.length).toBeLessThanOrEqual(4_096);
        given.aws.ssm.put(NAME + suffix, value);
      }
      const settings = clusterSettings(new SSMClient(given.aws.clientConfig()), '/ebb/clusters/');
      expect(await settings.cluster('production')).toEqual(parseClusterParameter(written));
      expect(await settings.names()).toEqual(['production']);
      // The first alone: it says how many there are.
      expect(given.count('GetParameters')).toBe(1 + Math.ceil((parameters.length - 1) / 10));
    },
  );

  test.each(['no cluster!', '../production', '', 'a/b', 'x'.repeat(101)])(
    'that are read together with those of %o, which no cluster can be called, are found all the same',
    async (name) => {
      await using given = await AwsGiven.start();
      const written = clusterParameter(clusterOf(1));
      given.aws.ssm.put(NAME, written);
      const settings = clusterSettings(new SSMClient(given.aws.clientConfig()), '/ebb/clusters/');
      const found = await Promise.all([settings.cluster(name), settings.cluster('production')]);
      expect(found).toEqual([undefined, parseClusterParameter(written)]);
    },
  );

  test('of which a parameter is missing are an error that names it, never a cluster with fewer groups', async () => {
    await using given = await AwsGiven.start();
    for (const { suffix, value } of parametersOf(clusterParameter(clusterOf(100))).slice(0, 2)) {
      given.aws.ssm.put(NAME + suffix, value);
    }
    const settings = clusterSettings(new SSMClient(given.aws.clientConfig()), '/ebb/clusters/');
    await expect(settings.cluster('production')).rejects.toThrow(`${NAME}/groups/2`);
  });

  test('of which a parameter is no JSON are an error that names it', async () => {
    await using given = await AwsGiven.start();
    for (const { suffix, value } of parametersOf(clusterParameter(clusterOf(100))))
      given.aws.ssm.put(NAME + suffix, value);
    given.aws.ssm.put(`${NAME}/groups/2`, '[{');
    const settings = clusterSettings(new SSMClient(given.aws.clientConfig()), '/ebb/clusters/');
    await expect(settings.cluster('production')).rejects.toThrow(`${NAME}/groups/2 cannot be read`);
  });
});
