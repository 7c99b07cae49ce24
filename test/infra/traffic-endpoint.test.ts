/** What the stack deploys for the HTTP endpoint: only where it is configured, behind IAM or a secret, with little reach. */
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WrongConfiguration } from '../../infra/configuration/fault.ts';
import { parseConfiguration } from '../../infra/configuration/parse-configuration.ts';
import { EbbStack } from '../../infra/ebb-stack.ts';
import { TrafficEndpoint } from '../../infra/traffic-endpoint.ts';
import { bundleFunction, bytesOf, loadedAtStart } from '../../infra/bundling/function-bundle.ts';
import { FIND_INSTANCE_ACTIONS } from '../../lambdas/adapters/ec2/finder.ts';
import { CLUSTER_VPC_ACTIONS } from '../../lambdas/adapters/clusters/allowed-vpcs.ts';
import {
  BALANCER_READ_ACTIONS,
  CLASSIC_DEREGISTER_ACTIONS,
  TARGET_DEREGISTER_ACTIONS,
} from '../../lambdas/adapters/load-balancing/elastic-load-balancing.ts';
import { SECRET_ACTIONS } from '../../lambdas/adapters/secrets/secrets.ts';
import type { ConfigurationInput } from '../../lambdas/entry/configuration/configuration.ts';
import { LONGEST_WAIT_SECONDS } from '../../lambdas/entry/http/request.ts';
import { endpointSettings, readSettings } from '../../lambdas/entry/configuration/settings.ts';

type Endpoint = ConfigurationInput['endpoint'];

const SECRET_ARN = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:ebb/endpoint-a1B2c3';
const CLUSTERS = ['blue', 'green'];
const DEREGISTER = [...TARGET_DEREGISTER_ACTIONS, ...CLASSIC_DEREGISTER_ACTIONS];

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-endpoint-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const configured = (endpoint: Endpoint) =>
  parseConfiguration({
    clusters: CLUSTERS.map((name) => ({ name, groups: [{ name: `${name}-workers` }] })),
    endpoint,
  });

/** The endpoint without the rest, which costs seconds to bundle. */
function stackIn(app: App, given: Endpoint): Stack {
  const stack = new Stack(app, 'Ebb');
  const configuration = configured(given);
  const { endpoint } = configuration;
  if (endpoint) new TrafficEndpoint(stack, 'Traffic', { configuration, endpoint });
  return stack;
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** Of the endpoint's function, URL and role. */
function deployed(endpoint: Endpoint) {
  const template = Template.fromStack(
    stackIn(new App({ outdir: folder, analyticsReporting: false, builtinCloudFormationValidation: false }), endpoint),
  );
  const only = (type: string): Record<string, unknown> => {
    const found = Object.values(template.findResources(type));
    expect(found).toHaveLength(1);
    return (found[0] as { Properties: Record<string, unknown> }).Properties;
  };
  const { PolicyDocument } = only('AWS::IAM::Policy') as { PolicyDocument: { Statement: Statement[] } };
  const statements = PolicyDocument.Statement.map((each) => ({ ...each, actions: [each.Action].flat() }));
  const allowing = (action: string) => statements.filter(({ actions }) => actions.includes(action));
  return { template, only, statements, allowing };
}

test.each<[string, Endpoint, number]>([
  ['is none unless it is configured', undefined, 0],
  ['is one where it is', {}, 1],
])('in the stack there %s', { timeout: 60_000 }, (_, endpoint, count) => {
  const app = new App({ outdir: folder, analyticsReporting: false, builtinCloudFormationValidation: false });
  const template = Template.fromStack(new EbbStack(app, 'Ebb', { configuration: configured(endpoint) }));
  template.resourceCountIs('AWS::Lambda::Url', count);
  expect(Object.keys(template.findOutputs('TrafficEndpointUrl'))).toHaveLength(count);
});

describe('by default', () => {
  let given: ReturnType<typeof deployed>;

  beforeAll(() => {
    given = deployed({});
  });

  test('IAM lets in, by the alias, and the URL is told', () => {
    const { template, only } = given;
    const url = only('AWS::Lambda::Url');
    expect(url).toMatchObject({ AuthType: 'AWS_IAM', Qualifier: 'live' });
    expect(url).not.toHaveProperty('Cors');
    expect(Object.keys(template.findOutputs('TrafficEndpointUrl'))).toHaveLength(1);
    template.resourceCountIs('AWS::Lambda::Permission', 0);
  });

  test('requests leave the account its concurrency: 50 at once, or as many as configured', () => {
    expect(given.only('AWS::Lambda::Function')).toMatchObject({ ReservedConcurrentExecutions: 50 });
    expect(deployed({ concurrency: 7 }).only('AWS::Lambda::Function')).toMatchObject({
      ReservedConcurrentExecutions: 7,
    });
  });

  test('the function outlives its longest wait, within what Lambda allows', () => {
    const { Timeout } = given.only('AWS::Lambda::Function') as { Timeout: number };
    expect(Timeout).toBeGreaterThanOrEqual(LONGEST_WAIT_SECONDS + 60);
    expect(Timeout).toBeLessThanOrEqual(900);
  });

  test('the function gets exactly the environment that it declares', () => {
    const { Environment } = given.only('AWS::Lambda::Function') as {
      Environment: { Variables: Record<string, string> };
    };
    expect(Object.keys(Environment.Variables).toSorted()).toEqual(Object.keys(endpointSettings.shape).toSorted());
    expect(readSettings(endpointSettings, Environment.Variables)).toEqual({
      EBB_INSTALLATION: 'ebb',
      EBB_CLUSTERS: CLUSTERS,
      EBB_OTHER_CLUSTERS: [],
      EBB_VPCS: [],
      EBB_DOOR: { kind: 'iam' },
    });
  });

  test('its role has the actions that its adapters call, and no other', () => {
    const { statements } = given;
    const platform = ['logs:CreateLogStream', 'logs:PutLogEvents', 'sqs:SendMessage'];
    const actions = [...new Set(statements.flatMap((each) => each.actions))].toSorted();
    const declared = [...BALANCER_READ_ACTIONS, ...FIND_INSTANCE_ACTIONS, ...CLUSTER_VPC_ACTIONS, ...DEREGISTER];
    expect(actions).toEqual([...declared, ...platform].toSorted());
  });

  test.each(DEREGISTER)('%s reaches only what is tagged for a configured cluster', (action) => {
    const { allowing } = given;
    expect(allowing(action).map(({ Condition }) => Condition)).toEqual([
      { StringLike: { 'aws:ResourceTag/kubernetes.io/cluster/blue': '*' } },
      { StringLike: { 'aws:ResourceTag/kubernetes.io/cluster/green': '*' } },
      { StringEquals: { 'aws:ResourceTag/elbv2.k8s.aws/cluster': CLUSTERS } },
      { StringEquals: { 'aws:ResourceTag/ingress.k8s.aws/cluster': CLUSTERS } },
    ]);
  });
});

describe('with', () => {
  test.each<[string, Endpoint, unknown]>([
    ['the ARN of a secret', { secretArn: SECRET_ARN }, SECRET_ARN],
    ['the name of a secret', { secretName: 'ebb/endpoint' }, expect.anything()],
  ])('%s the URL is public, and that one secret can be read', (_, endpoint, resource) => {
    const { template, only, allowing } = deployed(endpoint);
    expect(only('AWS::Lambda::Url')).toMatchObject({ AuthType: 'NONE' });
    const [statement, ...others] = allowing(SECRET_ACTIONS[0]);
    expect(others).toEqual([]);
    expect(statement?.Resource).toEqual(resource);
    if (resource !== SECRET_ARN) expect(JSON.stringify(statement?.Resource)).toContain(':secret:ebb/endpoint-??????"');
    expect(JSON.stringify(only('AWS::Lambda::Function').Environment)).toContain('"EBB_DOOR":"secret:');
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'SecretUnreadable' });
    template.resourceCountIs('AWS::Lambda::Permission', 2);
  });

  test('VPCs no cluster is asked for its own', () => {
    const { allowing, only } = deployed({ vpcs: ['vpc-0123456789abcdef1', 'vpc-0123456789abcdef2'] });
    expect(allowing(CLUSTER_VPC_ACTIONS[0])).toEqual([]);
    expect(only('AWS::Lambda::Function').Environment).toMatchObject({
      Variables: { EBB_VPCS: 'vpc-0123456789abcdef1,vpc-0123456789abcdef2' },
    });
  });

  test('untagged pools allowed, no condition is left', () => {
    const [statement, ...others] = deployed({ untagged: true }).allowing(DEREGISTER[0] ?? '');
    expect(others).toEqual([]);
    expect(statement).not.toHaveProperty('Condition');
  });
});

describe('a configuration is refused with', () => {
  test.each<[string, unknown, string]>([
    ['both secrets', { secretArn: SECRET_ARN, secretName: 'ebb' }, 'ebb.endpoint: must have secretName or secretArn'],
    ['a part of an ARN', { secretArn: SECRET_ARN.slice(0, -7) }, 'ebb.endpoint.secretArn: must be the whole ARN'],
    ['the secret itself', { secretName: 'correct horse' }, 'ebb.endpoint.secretName: must be the name of a secret'],
    ['no VPCs', { vpcs: [] }, 'ebb.endpoint.vpcs: must be a list of at least one VPC'],
    ['something else', { secret: 'x' }, 'ebb.endpoint.secret: is no field: did you mean secretArn or secretName?'],
  ])('%s', (_, endpoint, fault) => {
    expect(() => configured(endpoint as Endpoint)).toThrow(WrongConfiguration);
    expect(() => configured(endpoint as Endpoint)).toThrow(fault);
  });

  test('the secret itself, which is not repeated', () => {
    for (const field of ['secretName', 'secretArn', 'secret', 'secretText']) {
      expect(() => configured({ [field]: 'correct horse' })).toThrow(/^(?!.*correct horse)/s);
    }
  });
});

test.each<[string, Endpoint]>([
  ['IAM', {}],
  ['a secret', { secretName: 'ebb/endpoint', untagged: true }],
])('cdk-nag finds nothing with %s', (_, endpoint) => {
  const app = new App({
    outdir: mkdtempSync(join(folder, 'nag-')),
    analyticsReporting: false,
    builtinCloudFormationValidation: false,
  });
  stackIn(app, endpoint);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  expect(() => app.synth()).not.toThrow();
});

describe('the function', () => {
  const { metafile } = bundleFunction('traffic-endpoint');

  test('weighs less than 1,200,000 bytes', () => {
    expect(bytesOf(metafile)).toBeLessThan(1_200_000);
  });

  test('loads the client of the secret when it is asked for the first time', () => {
    const loaded = loadedAtStart(metafile);
    const holding = Object.entries(metafile.outputs).filter(([, { inputs }]) =>
      Object.keys(inputs).some((input) => input.includes('node_modules/@aws-sdk/client-secrets-manager/')),
    );
    expect(holding.length).toBeGreaterThan(0);
    expect(holding.filter(([path]) => loaded.has(path))).toEqual([]);
  });
});
