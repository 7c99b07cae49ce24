/**
 * Checks AWS's limits on sizes (contract 14), at which a deployment would fail although its template is right. The
 * synthesised template is measured, so that nothing is missed. A finding names the limit, the field of the
 * configuration that causes it, and the remedy; `cdk synth` fails with it.
 */
import type { IPolicyValidationContext, IPolicyValidationPlugin, PolicyValidationPluginReport } from 'aws-cdk-lib';
import { readFileSync } from 'node:fs';
import { lengthOf } from './policy-length.ts';

/** A resource of a template. */
interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

type Resources = Readonly<Record<string, Resource>>;

/** A limit that is exceeded. */
export interface Excess {
  /** The limit, and the size that it would have. */
  readonly words: string;
  /** The field of the configuration that causes it, and what to do. */
  readonly remedy: string;
  /** Logical ids of the resources. */
  readonly resources: readonly string[];
}

const MOST_RESOURCES = 500;
const MOST_TEMPLATE_BYTES = 1_000_000;
const LONGEST_PARAMETER = 4_096;
const LONGEST_MANAGED_POLICY = 6_144;
const LONGEST_OWN_POLICIES = 10_240;
const MOST_POLICIES = 10;
const LONGEST_ENVIRONMENT = 4_096;

/** Remedy when there are too many groups. */
const FEWER_GROUPS =
  'ebb.clusters[].groups: name fewer groups, and enrol the others by the tag ebb/managed (infra/README.md, "Many groups"); or make a second installation with a `name` of its own';

export class Quotas implements IPolicyValidationPlugin {
  readonly name = 'AWS quotas';
  readonly ruleIds = ['template', 'parameter', 'policy', 'environment'];

  validate({ templatePaths }: IPolicyValidationContext): PolicyValidationPluginReport {
    const violations = templatePaths.flatMap((templatePath) =>
      excesses(readFileSync(templatePath, 'utf8')).map(({ words, remedy, resources }) => ({
        ruleName: 'quota',
        description: words,
        fix: remedy,
        violatingResources: resources.map((resourceLogicalId) => ({ resourceLogicalId, templatePath, locations: [] })),
      })),
    );
    return { success: violations.length === 0, violations };
  }
}

/** @param template its text */
export function excesses(template: string): Excess[] {
  const { Resources: resources = {} } = JSON.parse(template) as { Resources?: Resources };
  return [
    ...ofTemplate(template, resources),
    ...each(resources, 'AWS::SSM::Parameter', ofParameter),
    ...each(resources, 'AWS::IAM::ManagedPolicy', ofManagedPolicy),
    ...each(resources, 'AWS::IAM::Role', (id, role) => ofRole(id, role, resources)),
    ...each(resources, 'AWS::Lambda::Function', ofFunction),
  ];
}

function each(
  resources: Resources,
  type: string,
  measure: (id: string, resource: Resource) => readonly Excess[],
): Excess[] {
  return Object.entries(resources).flatMap(([id, resource]) => (resource.Type === type ? measure(id, resource) : []));
}

function ofTemplate(template: string, resources: Resources): Excess[] {
  const count = Object.keys(resources).length;
  const bytes = Buffer.byteLength(template);
  const counted = (type: string): number =>
    each(resources, type, () => [{ words: '', remedy: '', resources: [] }]).length;
  const made = `${counted('AWS::AutoScaling::LifecycleHook')} of them the hooks of groups, ${counted('AWS::EKS::AccessEntry')} the access entries of clusters`;
  const remedy = `${FEWER_GROUPS}. Each group is a hook, and each cluster four access entries and a parameter`;
  // A report that names no resource is not shown.
  const some = Object.keys(resources).slice(0, 1);
  return [
    ...above(count, MOST_RESOURCES, {
      words: `CloudFormation takes ${MOST_RESOURCES} resources in a template, and this would have ${count}, ${made}`,
      remedy,
      resources: some,
    }),
    ...above(bytes, MOST_TEMPLATE_BYTES, {
      words: `CloudFormation takes templates of ${MOST_TEMPLATE_BYTES} bytes, and this would have ${bytes}`,
      remedy,
      resources: some,
    }),
  ];
}

function ofParameter(id: string, { Properties: { Name: name, Value: value } = {} }: Resource): Excess[] {
  const length = String(value).length;
  return above(length, LONGEST_PARAMETER, {
    words: `SSM takes ${LONGEST_PARAMETER} characters in a parameter, and ${String(name)} would have ${length}`,
    remedy:
      'ebb.clusters[]: write less into this cluster’s drain, drift, tainted or budget, or, where its name ends in /groups/…, into the budget of one of its groups',
    resources: [id],
  });
}

function ofManagedPolicy(id: string, { Properties: { PolicyDocument: document } = {} }: Resource): Excess[] {
  const length = lengthOf(document);
  return above(length, LONGEST_MANAGED_POLICY, {
    words: `IAM takes ${LONGEST_MANAGED_POLICY} characters in a managed policy, and one would have ${length}`,
    remedy: FEWER_GROUPS,
    resources: [id],
  });
}

/** Measures the total length of the role's own policies, and the number of its managed ones. */
function ofRole(id: string, { Properties: properties = {} }: Resource, resources: Resources): Excess[] {
  const attached = (type: string): Resource[] => Object.values(resources).filter((each) => isOf(each, type, id));
  const own = attached('AWS::IAM::Policy').reduce((sum, each) => sum + lengthOf(each.Properties?.PolicyDocument), 0);
  const { ManagedPolicyArns: arns = [] } = properties as { ManagedPolicyArns?: readonly unknown[] };
  const managed = arns.length + attached('AWS::IAM::ManagedPolicy').length;
  return [
    ...above(own, LONGEST_OWN_POLICIES, {
      words: `IAM takes ${LONGEST_OWN_POLICIES} characters of a role’s own policies, and one would have ${own}`,
      remedy: FEWER_GROUPS,
      resources: [id],
    }),
    ...above(managed, MOST_POLICIES, {
      words: `IAM takes ${MOST_POLICIES} managed policies on a role, and one would need ${managed} to name every group`,
      remedy: `${FEWER_GROUPS}. Shorter names help too`,
      resources: [id],
    }),
  ];
}

function isOf({ Type: type, Properties: { Roles: roles = [] } = {} }: Resource, wanted: string, role: string): boolean {
  return type === wanted && (roles as { Ref?: string }[]).some(({ Ref: reference }) => reference === role);
}

function ofFunction(id: string, { Properties: { Environment: environment } = {} }: Resource): Excess[] {
  const { Variables: variables = {} } = (environment ?? {}) as { Variables?: object };
  const length = lengthOf(variables);
  return above(length, LONGEST_ENVIRONMENT, {
    words: `Lambda takes ${LONGEST_ENVIRONMENT} bytes of environment, and a function would have ${length}`,
    remedy: 'ebb.clusters, or ebb.endpoint.vpcs: the endpoint is told the names of all; name its VPCs, or fewer',
    resources: [id],
  });
}

function above(found: number, most: number, excess: Excess): Excess[] {
  return found > most ? [excess] : [];
}
