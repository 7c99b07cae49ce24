/** What the stack deploys for clusters that are not EKS: rights to their kubeconfigs, and none in EKS (contract 15.1). */
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../infra/configuration/parse-configuration.ts';
import { EbbStack } from '../../infra/ebb-stack.ts';
import type { ConfigurationInput } from '../../lambdas/entry/configuration/configuration.ts';

const SECRET_ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:ebb/other-Ab1Cd2';
const KOPS = {
  name: 'k8s.example.com',
  access: { kubeconfigSecret: 'ebb/k8s.example.com' },
  groups: [{ name: 'nodes.k8s.example.com' }],
};
const OTHER = { name: 'other', access: { kubeconfigSecret: SECRET_ARN } };

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

let outdir: string;
let kops: Template;
let mixed: Template;

beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'ebb-kubeconfig-'));
  kops = synthesised('Kops', [KOPS, OTHER]);
  mixed = synthesised('Mixed', [KOPS, { name: 'blue' }]);
}, 240_000);
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

function synthesised(id: string, clusters: ConfigurationInput['clusters']): Template {
  const configuration = parseConfiguration({ clusters, endpoint: {} });
  return Template.fromStack(new EbbStack(new App({ outdir, analyticsReporting: false }), id, { configuration }));
}

/** The statements of every role with their actions, by the entry of its function. */
function statementsOf(template: Template, entry: string): (Statement & { actions: string[] })[] {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')) as [
    string,
    { Properties: { PolicyDocument: { Statement: Statement[] } } },
  ][];
  return policies
    .filter(([id]) => id.includes(entry))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement)
    .map((statement) => ({ ...statement, actions: [statement.Action].flat() }));
}

const allowing = (template: Template, entry: string, action: RegExp) =>
  statementsOf(template, entry).filter(({ actions }) => actions.some((each) => action.test(each)));

const READERS = ['InterruptionRouter', 'NodeRetirement', 'NodeSweep', 'DriftTainter'];

describe('clusters with a kubeconfig alone', () => {
  test.each(READERS)('let %s read exactly their secrets', (entry) => {
    const [statement, ...more] = allowing(kops, entry, /^secretsmanager:/);
    expect([statement?.actions, more]).toEqual([['secretsmanager:GetSecretValue'], []]);
    const resources = JSON.stringify(statement?.Resource);
    expect(resources).toContain(':secret:ebb/k8s.example.com-??????"');
    expect(resources).toContain(SECRET_ARN);
    expect(statement?.Resource).toHaveLength(2);
  });

  test('let the traffic endpoint read no secret: it opens no cluster', () => {
    expect(allowing(kops, 'TrafficEndpoint', /^secretsmanager:/)).toEqual([]);
  });

  test('give nobody a right in EKS, and no role an access entry', () => {
    for (const entry of [...READERS, 'TrafficEndpoint']) expect(allowing(kops, entry, /^eks:/)).toEqual([]);
    kops.resourceCountIs('AWS::EKS::AccessEntry', 0);
  });

  test('have their hooks, their parameters with the name that kops gives, and load balancers by its tag', () => {
    kops.hasResourceProperties('AWS::AutoScaling::LifecycleHook', { AutoScalingGroupName: 'nodes.k8s.example.com' });
    kops.hasResourceProperties('AWS::SSM::Parameter', { Name: '/ebb/clusters/k8s.example.com' });
    expect(JSON.stringify(statementsOf(kops, 'NodeRetirement'))).toContain(
      'aws:ResourceTag/kubernetes.io/cluster/k8s.example.com',
    );
  });

  test('are told to the endpoint as clusters whose instances are in an allowed VPC', () => {
    kops.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { EBB_CLUSTERS: '', EBB_OTHER_CLUSTERS: 'k8s.example.com,other' } },
    });
  });

  test('leave cdk-nag nothing to find', { timeout: 120_000 }, () => {
    const app = new App({ outdir, analyticsReporting: false });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    new EbbStack(app, 'Checked', { configuration: parseConfiguration({ clusters: [KOPS, OTHER] }) });
    app.synth();
    expect(process.exitCode ?? 0).toBe(0);
  });
});

test('beside them, a cluster of EKS has its rights and its access entries, and they have none', () => {
  mixed.resourceCountIs('AWS::EKS::AccessEntry', READERS.length);
  for (const entry of READERS) {
    const eks = JSON.stringify(allowing(mixed, entry, /^eks:/).map(({ Resource }) => Resource));
    expect(eks).toContain('cluster/blue"');
    expect(eks).not.toContain('k8s.example.com');
    expect(JSON.stringify(allowing(mixed, entry, /^secretsmanager:/))).not.toContain('blue');
  }
});
