/** What `rotation: true` adds to the stack: a durable function, and the rights to replace instances (contract 10). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseConfiguration } from '../../infra/configuration/parse-configuration.ts';
import { EbbStack } from '../../infra/ebb-stack.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-rotation-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function stackWith(rotation: boolean): { app: App; stack: EbbStack } {
  const outdir = mkdtempSync(join(folder, 'out-'));
  const app = new App({ outdir, analyticsReporting: false, builtinCloudFormationValidation: false });
  const clusters = [{ name: 'production', groups: [{ name: 'workers' }] }];
  return { app, stack: new EbbStack(app, 'Ebb', { configuration: parseConfiguration({ clusters, rotation }) }) };
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

interface Policy {
  readonly Properties: {
    readonly PolicyDocument: { readonly Statement: readonly Statement[] };
    readonly Roles: readonly { readonly Ref: string }[];
  };
}

/** What the role of a function may do. */
function statementsOf(template: Template, entry: string): readonly Statement[] {
  const policies = Object.values(template.findResources('AWS::IAM::Policy') as Record<string, Policy>);
  return policies
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }) => Ref.includes(entry)))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

function may(statements: readonly Statement[], action: string): Statement[] {
  return statements.filter(({ Action }) => [Action].flat().includes(action));
}

describe('without it', () => {
  test('no instance can be detached, and there is no such function', () => {
    const template = Template.fromStack(stackWith(false).stack);
    const statements = statementsOf(template, 'NodeRetirement');
    for (const action of ['autoscaling:DetachInstances', 'ec2:TerminateInstances', 'ec2:CreateTags'])
      expect(may(statements, action), action).toEqual([]);
    expect(JSON.stringify(template.toJSON())).not.toContain('ClusterRotation');
  });
});

describe('with it', () => {
  let template: Template;
  beforeAll(() => {
    template = Template.fromStack(stackWith(true).stack);
  });

  test('there is a durable function that may start its own runs, and retirements', () => {
    const functions = Object.entries(template.findResources('AWS::Lambda::Function'));
    const [found] = functions.filter(([id]) => id.includes('ClusterRotation'));
    expect(found?.[1]).toMatchObject({ Properties: { DurableConfig: { RetentionPeriodInDays: 30 } } });
    const starting = may(statementsOf(template, 'ClusterRotation'), 'lambda:InvokeFunction');
    expect(JSON.stringify(starting.map(({ Resource }) => Resource))).toMatch(/NodeRetirement.*ClusterRotation/);
  });

  test('retirements detach and attach in enrolled groups alone', () => {
    for (const action of ['autoscaling:DetachInstances', 'autoscaling:AttachInstances']) {
      const statements = may(statementsOf(template, 'NodeRetirement'), action);
      expect(statements).toHaveLength(2);
      expect(JSON.stringify(statements)).toContain('autoScalingGroupName/workers');
      expect(statements.at(-1)?.Condition).toEqual({ StringEquals: { 'autoscaling:ResourceTag/ebb/managed': 'true' } });
    }
  });

  test('they terminate only instances that bear the tag of a detached one, and set no other tag', () => {
    const statements = statementsOf(template, 'NodeRetirement');
    expect(may(statements, 'ec2:TerminateInstances')).toMatchObject([
      { Condition: { StringLike: { 'aws:ResourceTag/ebb/detached-from': '*' } } },
    ]);
    expect(may(statements, 'ec2:CreateTags')).toMatchObject([
      { Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['ebb/detached-from', 'ebb/rotation'] } } },
    ]);
  });

  test('cdk-nag finds nothing', () => {
    const { app } = stackWith(true);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    expect(() => app.synth()).not.toThrow();
  });
});
