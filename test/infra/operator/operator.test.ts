/** What the stack deploys for the operator: only where it is configured, its URL behind IAM, with little reach. */
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundleFunction, bytesOf } from '../../../infra/bundling/function-bundle.ts';
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import { EbbStack } from '../../../infra/ebb-stack.ts';
import { GROUP_READ_ACTIONS } from '../../../lambdas/adapters/auto-scaling/groups.ts';
import { LIFECYCLE_READ_ACTIONS } from '../../../lambdas/adapters/auto-scaling/lifecycle.ts';
import { PARAMETER_ACTIONS, PARAMETER_LIST_ACTIONS } from '../../../lambdas/adapters/aws/parameters.ts';
import { TAG_ACTIONS } from '../../../lambdas/adapters/aws/resource-tags.ts';
import { CONTROL_ACTIONS } from '../../../lambdas/adapters/aws/rotation-controls.ts';
import { CLUSTER_ACCESS_ACTIONS } from '../../../lambdas/adapters/eks/access.ts';
import { RESULT_ACTIONS } from '../../../lambdas/adapters/lambda/retirement-results.ts';
import { LIST_ACTIONS, START_ACTIONS } from '../../../lambdas/adapters/lambda/retirements.ts';
import { RUN_READ_ACTIONS } from '../../../lambdas/adapters/lambda/rotations.ts';
import type { ConfigurationInput } from '../../../lambdas/entry/configuration/configuration.ts';
import { operatorSettings } from '../../../lambdas/entry/configuration/settings.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-operator-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const newApp = () => new App({ outdir: folder, analyticsReporting: false, builtinCloudFormationValidation: false });

function stackIn(app: App, given: Partial<ConfigurationInput>): EbbStack {
  const configuration = parseConfiguration({ clusters: [{ name: 'blue', groups: [{ name: 'workers' }] }], ...given });
  return new EbbStack(app, 'Ebb', { configuration });
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** Of the operator alone. */
function deployed(operator: ConfigurationInput['operator']) {
  const template = Template.fromStack(stackIn(newApp(), { rotation: true, operator }));
  const ofOperator = (type: string) =>
    Object.entries(template.findResources(type))
      .filter(([id]) => id.startsWith('Operator'))
      .map(([, resource]) => (resource as { Properties: Record<string, unknown> }).Properties);
  const statements = ofOperator('AWS::IAM::Policy').flatMap(
    ({ PolicyDocument }) => (PolicyDocument as { Statement: Statement[] }).Statement,
  );
  const reach = (action: string) =>
    JSON.stringify(statements.filter(({ Action }) => [Action].flat().includes(action)).map(({ Resource }) => Resource));
  return { template, ofOperator, statements, reach };
}

describe('the operator', () => {
  let given: ReturnType<typeof deployed>;

  beforeAll(() => {
    given = deployed({ url: true });
  });

  test('has a URL, by its alias, that takes signed requests alone', () => {
    const [url, ...others] = given.ofOperator('AWS::Lambda::Url');
    expect(others).toEqual([]);
    expect(url).toMatchObject({ AuthType: 'AWS_IAM', Qualifier: 'live' });
    expect(url).not.toHaveProperty('Cors');
    // Schedules alone invoke functions: events go to a queue.
    const rules = Object.values(given.template.findResources('AWS::Events::Rule')) as { Properties: object }[];
    const schedules = rules.filter(({ Properties }) => 'ScheduleExpression' in Properties);
    given.template.resourceCountIs('AWS::Lambda::Permission', schedules.length);
    expect(Object.keys(given.template.findOutputs('OperatorUrl'))).toHaveLength(1);
  });

  test('gets exactly the environment that it declares', () => {
    const [{ Environment } = { Environment: {} }] = given.ofOperator('AWS::Lambda::Function');
    const { Variables } = Environment as { Variables: object };
    expect(Object.keys(Variables).toSorted()).toEqual(Object.keys(operatorSettings.shape).toSorted());
  });

  test('has the actions that its adapters call, and no other', () => {
    const platform = ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage'];
    const declared = [
      ...GROUP_READ_ACTIONS,
      ...LIFECYCLE_READ_ACTIONS,
      ...TAG_ACTIONS,
      ...PARAMETER_ACTIONS,
      ...PARAMETER_LIST_ACTIONS,
      ...CONTROL_ACTIONS,
      ...START_ACTIONS,
      ...LIST_ACTIONS,
      ...RUN_READ_ACTIONS,
      ...RESULT_ACTIONS,
      ...CLUSTER_ACCESS_ACTIONS,
    ];
    const actions = new Set(given.statements.flatMap(({ Action }) => Action));
    expect([...actions].toSorted()).toEqual([...new Set([...declared, ...platform])].toSorted());
  });

  test('starts the rotation and the retirement, and nothing else', () => {
    expect(given.reach('lambda:InvokeFunction')).toMatch(
      /^\[\[\{"Ref":"Retirement[^}]*\},\{"Ref":"Rotation[^}]*\}\]\]$/,
    );
  });

  test('writes no parameter but what is wanted of rotations', () => {
    expect(given.reach('ssm:PutParameter')).toContain(':parameter/ebb/rotations/*"');
    expect(given.reach('ssm:PutParameter')).not.toContain('clusters');
  });

  test('may read nodes by the access entry of the sweep’s group, which cannot evict', () => {
    given.template.hasResourceProperties('AWS::EKS::AccessEntry', { KubernetesGroups: ['ebb-sweep'] });
    const entries = Object.entries(given.template.findResources('AWS::EKS::AccessEntry'));
    const [[, entry] = []] = entries.filter(([id]) => id.includes('Operator'));
    expect(entry).toMatchObject({ Properties: { KubernetesGroups: ['ebb-sweep'] } });
  });

  test('without a URL is invoked alone', () => {
    const { template, ofOperator } = deployed({});
    template.resourceCountIs('AWS::Lambda::Url', 0);
    expect(ofOperator('AWS::Lambda::Function')).toHaveLength(1);
    expect(Object.keys(template.findOutputs('OperatorFunction'))).toHaveLength(1);
  });
});

test('there is no operator unless it is configured', () => {
  const template = Template.fromStack(stackIn(newApp(), { rotation: true }));
  expect(Object.keys(template.findResources('AWS::Lambda::Function')).filter((id) => id.includes('Operator'))).toEqual(
    [],
  );
});

test.each([
  [{ operator: {} }, 'ebb.operator: needs "rotation": true beside it'],
  [{ operator: { url: 'yes' }, rotation: true }, 'ebb.operator.url: must be true or false'],
  [{ operator: { secret: 'x' }, rotation: true }, 'ebb.operator.secret: is no field'],
])('a configuration with %j is refused', (given, fault) => {
  const clusters = [{ name: 'blue' }];
  expect(() => parseConfiguration({ clusters, ...given })).toThrow(fault);
});

test('cdk-nag finds nothing in a stack with rotation and operator', () => {
  const app = newApp();
  stackIn(app, { rotation: true, operator: { url: true } });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  expect(() => {
    app.synth();
  }).not.toThrow();
});

test('its bundle weighs less than 2,500,000 bytes', () => {
  expect(bytesOf(bundleFunction('operator').metafile)).toBeLessThan(2_500_000);
});
