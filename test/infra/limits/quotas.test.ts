/** Installations of many groups and clusters: within AWS's limits, or refused in words (contract 14.1, 14.2). */
import { App, Validations } from 'aws-cdk-lib';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import { EbbStack, stackName } from '../../../infra/ebb-stack.ts';
import { excesses, Quotas } from '../../../infra/limits/quotas.ts';
import type { ConfigurationInput } from '../../../lambdas/entry/configuration/configuration.ts';
import { deployTemplate } from '../../peers/aws/deployment/deploy.ts';
import { AwsPeer } from '../../peers/aws/peer.ts';
import { DrivenClock } from '../../peers/clock.ts';

let outdir: string;

beforeEach(() => {
  outdir = mkdtempSync(join(tmpdir(), 'ebb-quotas-'));
});
afterEach(() => {
  rmSync(outdir, { recursive: true, force: true });
});

/** Groups with names of 46 characters. */
function configured(clusters: number, groups: number, more: Partial<ConfigurationInput> = {}): ConfigurationInput {
  return {
    clusters: Array.from({ length: clusters }, (_, cluster) => ({
      name: `cluster-${cluster}`,
      groups: Array.from({ length: groups }, (__, group) => ({ name: `${cluster}-${group}-`.padEnd(46, 'x') })),
    })),
    ...more,
  };
}

/** @returns the template's text */
function synthesise(...inputs: ConfigurationInput[]): string {
  const app = new App({
    outdir,
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
    context: { '@aws-cdk/core:stackResourceLimit': 0 },
  });
  const configurations = inputs.map((input) => parseConfiguration(input));
  const stacks = configurations.map((configuration, index) => {
    return new EbbStack(app, index === 0 ? stackName(configuration) : `${stackName(configuration)}${index}`, {
      configuration,
    });
  });
  app.synth();
  return readFileSync(join(outdir, stacks[0]?.templateFile ?? ''), 'utf8');
}

describe('an installation', () => {
  test.each([
    ['60 groups of 46 characters', configured(1, 60)],
    [
      '350 groups of 46 characters, the endpoint and alarms',
      configured(1, 350, { endpoint: {}, alarms: { email: 'a@b.example' } }),
    ],
    ['20 clusters of 5 groups', configured(20, 5)],
    ['10 clusters of 5 groups, rotation and operator', configured(10, 5, { rotation: true, operator: { url: true } })],
    ['75 clusters whose groups are enrolled by tag', configured(75, 0)],
  ])('of %s keeps within every limit, and AWS takes it', async (_what, input) => {
    expect(excesses(synthesise(input))).toEqual([]);
    const peer = await AwsPeer.start({ clock: new DrivenClock() });
    try {
      for (const { name, groups = [] } of input.clusters) {
        peer.eks.addCluster({ name, endpoint: 'https://127.0.0.1', ca: '' });
        for (const group of groups) peer.autoScaling.addGroup({ name: group.name, desired: 0 });
      }
      expect(() => deployTemplate(peer, outdir)).not.toThrow();
    } finally {
      await peer.stop();
    }
  });

  test.each([
    [
      '500 groups in one cluster',
      configured(1, 500),
      /500 resources in a template, and this would have \d+, 500 of them the hooks of groups/,
    ],
    [
      '80 clusters of 5 groups',
      configured(80, 5),
      /500 resources .* 400 of them the hooks of groups, 320 the access entries of clusters/,
    ],
    [
      '300 groups with names of 255 characters',
      {
        clusters: [
          { name: 'c', groups: Array.from({ length: 300 }, (_, index) => ({ name: `${index}`.padEnd(255, 'x') })) },
        ],
      },
      /IAM takes 10 managed policies on a role, and one would need \d+/,
    ],
    [
      'a cluster that spares hundreds of namespaces',
      {
        clusters: [
          { name: 'c', drain: { spareNamespaces: Array.from({ length: 300 }, (_, index) => `namespace-${index}`) } },
        ],
      },
      /SSM takes 4096 characters in a parameter, and \/ebb\/clusters\/c would have \d+/,
    ],
  ])('of %s is refused, naming limit, field and remedy', (_what, input, words) => {
    const found = excesses(synthesise(input));
    expect(found.map((excess) => excess.words).join('\n')).toMatch(words);
    for (const { remedy, resources } of found) {
      expect(remedy).toMatch(/^ebb\.clusters/);
      expect(resources).not.toEqual([]);
    }
  });

  test('that passes a limit fails cdk synth', () => {
    const app = new App({
      outdir,
      analyticsReporting: false,
      builtinCloudFormationValidation: false,
      context: { '@aws-cdk/core:stackResourceLimit': 0 },
    });
    new EbbStack(app, 'Ebb', { configuration: parseConfiguration(configured(1, 500)) });
    Validations.of(app).addPlugins(new Quotas());
    expect(() => app.synth()).toThrow('CloudFormation takes 500 resources in a template');
    process.exitCode = undefined;
  });

  test('waits for what listens through one resource: each hook names one', () => {
    const { Resources } = JSON.parse(synthesise(configured(2, 3))) as {
      Resources: Record<string, { Type: string; DependsOn?: unknown }>;
    };
    const hooks = Object.values(Resources).filter(({ Type }) => Type === 'AWS::AutoScaling::LifecycleHook');
    expect(hooks).toHaveLength(6);
    for (const { DependsOn } of hooks) expect(DependsOn).toEqual([expect.stringMatching(/^HooksListening/)]);
  });

  test('has a hook for each of the groups whose names come to one construct id', () => {
    const names = ['a/b', 'a--b', 'Listening', 'blue*', '${env}'];
    const text = synthesise({ clusters: [{ name: 'c', groups: names.map((name) => ({ name })) }] });
    const { Resources } = JSON.parse(text) as {
      Resources: Record<string, { Type: string; Properties: { AutoScalingGroupName: string } }>;
    };
    const hooks = Object.values(Resources).filter(({ Type }) => Type === 'AWS::AutoScaling::LifecycleHook');
    expect(hooks.map(({ Properties }) => Properties.AutoScalingGroupName).toSorted()).toEqual(names.toSorted());
    expect(text).toContain('autoScalingGroupName/blue${*}"');
    expect(text).toContain('autoScalingGroupName/${$}{env}"');
  });
});

describe('two installations of one app', () => {
  const at = (name: string | undefined, group: string): ConfigurationInput => ({
    ...(name !== undefined && { name }),
    clusters: [{ name: 'shop', groups: [{ name: group }] }],
  });

  test('share a cluster, and nothing that has a name', () => {
    const [one, other] = [synthesise(at(undefined, 'blue')), synthesise(at('ebb-staging', 'green'))];
    expect(() => synthesise(at(undefined, 'blue'), at('ebb-staging', 'green'))).not.toThrow();
    for (const own of ['"/ebb/clusters/shop"', '"Namespace":"Ebb"', 'parameter/ebb/clusters']) {
      expect(one).toContain(own);
      expect(other).not.toContain(own);
    }
    for (const own of [
      '"/ebb-staging/clusters/shop"',
      '"Namespace":"Ebb/ebb-staging"',
      'parameter/ebb-staging/clusters',
    ]) {
      expect(other).toContain(own);
    }
    expect([stackName({ name: 'ebb' }), stackName({ name: 'ebb-staging' })]).toEqual(['Ebb', 'ebb-staging']);
  });

  test('that have one group are refused, and so are two of one name', () => {
    expect(() => synthesise(at(undefined, 'blue'), at('ebb-staging', 'blue'))).toThrow(
      'blue is in installations ebb and ebb-staging',
    );
    expect(() => synthesise(at('ebb-staging', 'blue'), at('ebb-staging', 'green'))).toThrow(
      'two installations are called ebb-staging',
    );
  });
});
