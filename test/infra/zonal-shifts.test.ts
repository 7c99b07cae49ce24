/** Which functions may find out whether traffic is shifted away from a zone (contract 9.8): those that hold for it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfiguration } from '../../infra/configuration/parse-configuration.ts';
import { EbbStack } from '../../infra/ebb-stack.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-shifts-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Policy {
  readonly Properties: {
    readonly PolicyDocument: { readonly Statement: readonly { readonly Action: string | string[] }[] };
    readonly Roles: readonly { readonly Ref: string }[];
  };
}

const FUNCTIONS = ['DriftTainter', 'NodeSweep', 'ClusterRotation', 'NodeRetirement', 'InterruptionRouter', 'Operator'];

/** Functions whose role may read zonal shifts. */
function asking(cluster: object): string[] {
  const clusters = [{ name: 'production', groups: [{ name: 'workers' }], ...cluster }];
  const configuration = parseConfiguration({ clusters, rotation: true, operator: {} });
  const outdir = mkdtempSync(join(folder, 'out-'));
  const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
  const template = Template.fromStack(new EbbStack(app, 'Ebb', { configuration }));
  const policies = Object.values(template.findResources('AWS::IAM::Policy') as Record<string, Policy>);
  const may = policies.filter(({ Properties: { PolicyDocument } }) =>
    PolicyDocument.Statement.some(({ Action }) => [Action].flat().includes('arc-zonal-shift:ListManagedResources')),
  );
  const roles = may.flatMap(({ Properties }) => Properties.Roles.map(({ Ref }) => Ref));
  return FUNCTIONS.filter((name) => roles.some((role) => role.includes(name)));
}

test.each<[string, object, readonly string[]]>([
  ['tainter, sweep and rotation may, by default', {}, ['DriftTainter', 'NodeSweep', 'ClusterRotation']],
  [
    'the retirement too, where recommendations to rebalance count',
    { notices: { rebalance: true } },
    ['DriftTainter', 'NodeSweep', 'ClusterRotation', 'NodeRetirement'],
  ],
  ['none, where no cluster waits for shifts', { waitForZonalShift: false, notices: { rebalance: true } }, []],
])('%s', (_, cluster, expected) => {
  expect(asking(cluster)).toEqual(expected);
});

test('no right of ours changes a shift', () => {
  const clusters = [{ name: 'production', groups: [{ name: 'workers' }], notices: { rebalance: true } }];
  const configuration = parseConfiguration({ clusters, rotation: true, operator: {} });
  const outdir = mkdtempSync(join(folder, 'out-'));
  const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
  const text = JSON.stringify(Template.fromStack(new EbbStack(app, 'Ebb', { configuration })).toJSON());
  expect([...new Set(text.match(/arc-zonal-shift:\w+/g))]).toEqual(['arc-zonal-shift:ListManagedResources']);
});
