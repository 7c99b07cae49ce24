/** What the stack deploys for compute hosts: two functions with few rights, and nothing without the field (contract 11.4). */
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseConfiguration } from '../../infra/configuration/parse-configuration.ts';
import { EbbStack } from '../../infra/ebb-stack.ts';

const CLOUD = { secret: 'ebb/openstack', caSecret: 'ebb/openstack-ca', hosts: ['keystone.example.com:5000'] };

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

let outdir: string;

beforeAll(() => {
  outdir = mkdtempSync(join(tmpdir(), 'ebb-openstack-'));
});
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

function stackWith(id: string, openstack?: object): EbbStack {
  const cluster = { name: 'production', groups: [{ name: 'computes' }], ...(openstack && { openstack }) };
  const configuration = parseConfiguration({ clusters: [cluster] });
  return new EbbStack(new App({ outdir, analyticsReporting: false }), id, { configuration });
}

function functionsOf(template: Template): string[] {
  return Object.keys(template.findResources('AWS::Lambda::Function'));
}

/** Actions and resources of the role of a function. */
function rightsOf(template: Template, entry: string): string {
  const policies = Object.entries(template.findResources('AWS::IAM::Policy')) as [
    string,
    { Properties: { PolicyDocument: { Statement: Statement[] } } },
  ][];
  const own = policies.filter(([id]) => id.includes(entry));
  return JSON.stringify(own.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement));
}

const LONG = 240_000;

test(
  'a cluster without the field openstack has no function for it, and no right to a secret',
  { timeout: LONG },
  () => {
    const template = Template.fromStack(stackWith('Without'));
    expect(functionsOf(template).filter((name) => name.includes('Hypervisor'))).toEqual([]);
    expect(rightsOf(template, 'NodeRetirement')).not.toContain('secretsmanager');
  },
);

test(
  'one field makes evacuation and sync, which read their secrets and change nothing in AWS',
  { timeout: LONG },
  () => {
    const template = Template.fromStack(stackWith('With', CLOUD));
    expect(functionsOf(template).filter((name) => name.includes('Hypervisor'))).toHaveLength(2);
    for (const entry of ['HypervisorEvacuation', 'HypervisorSync', 'NodeRetirement']) {
      const rights = rightsOf(template, entry);
      expect(rights).toContain('secret:ebb/openstack-??????');
      expect(rights).toContain('secret:ebb/openstack-ca-??????');
    }
    for (const entry of ['HypervisorEvacuation', 'HypervisorSync'])
      expect(rightsOf(template, entry)).not.toMatch(/autoscaling:|elasticloadbalancing:|ec2:Terminate/);
    expect(rightsOf(template, 'HypervisorEvacuation')).not.toContain('lambda:InvokeFunction');
    template.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'cron(4/5 * * * ? *)' });
    for (const purpose of ['HypervisorEvacuation', 'HypervisorSync'])
      expect(JSON.stringify(template.findResources('AWS::EKS::AccessEntry'))).toContain(purpose);
    template.hasOutput('EvacuationFunction', { Description: 'For ebb evacuate' });
  },
);

test('where cordons are not followed there is no sync', { timeout: LONG }, () => {
  const template = Template.fromStack(stackWith('Unfollowed', { ...CLOUD, followCordons: false }));
  const found = functionsOf(template).filter((name) => name.includes('Hypervisor'));
  expect(found).toHaveLength(1);
});

test('cdk-nag has nothing to say', { timeout: LONG }, () => {
  const app = new App({ outdir, analyticsReporting: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  const clusters = [{ name: 'production', groups: [{ name: 'computes' }], openstack: CLOUD }];
  new EbbStack(app, 'Nagged', { configuration: parseConfiguration({ clusters }) });
  app.synth();
  expect(process.exitCode ?? 0).toBe(0);
});
