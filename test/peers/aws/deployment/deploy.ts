/** Deploys a synthesised CDK cloud assembly to the peer, as CloudFormation would to an account. */
import type { AwsPeer } from '../peer.ts';
import { readAssembly, type Assembly, type Stack } from './assembly.ts';
import { Resolver } from './intrinsics.ts';
import { checkQuotas } from './quotas.ts';
import { RESOURCE_KINDS, WITHOUT_PART, type Deployed } from './resource-kinds.ts';

export interface DeployOptions {
  /** Values of template parameters that have no default. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Further resource types that may be left out. */
  readonly ignore?: readonly string[];
}

/** What became of the assembly. */
export interface Deployment {
  /** Physical names (`Ref`) by logical id, of what was made. */
  readonly names: Readonly<Record<string, string>>;
  /** What was left out: `<type> <logical id>`. */
  readonly leftOut: readonly string[];
}

/**
 * Makes functions and their URLs, roles, rules, hooks, queues, parameters and access entries from the assembly in `directory`.
 * Groups and clusters that it refers to must be in the peer already.
 * @throws Error naming the resource for a type, property or intrinsic function that the peer does not know.
 * @throws AwsError for what AWS refuses for its size
 */
export function deployTemplate(peer: AwsPeer, directory: string, options: DeployOptions = {}): Deployment {
  const assembly = readAssembly(directory);
  const deployments = assembly.stacks.map((stack) => deployStack(peer, { stack, assembly, options }));
  return {
    names: Object.assign({}, ...deployments.map((each) => each.names)) as Record<string, string>,
    leftOut: deployments.flatMap((each) => each.leftOut),
  };
}

function deployStack(peer: AwsPeer, plan: { stack: Stack; assembly: Assembly; options: DeployOptions }): Deployment {
  const { stack, assembly, options } = plan;
  const resolver = new Resolver(stack, peer.account, options.parameters ?? {});
  const wanted = Object.entries(stack.template.Resources).filter(
    ([, { Condition }]) => Condition === undefined || resolver.condition(Condition),
  );
  checkQuotas(stack, resolver);
  const leftOut = leaveOut(stack, options.ignore ?? []);
  const names: Record<string, string> = {};
  for (const [type, create] of RESOURCE_KINDS) {
    for (const [logicalId, resource] of wanted) {
      if (resource.Type !== type) continue;
      const ref = (): string => String(resolver.reference(logicalId));
      attempt(`${type} ${logicalId}`, () => {
        const properties = resolver.resolve(resource.Properties) as Deployed['properties'];
        create({ peer, logicalId, properties, ref, folders: assembly.folders });
        if (NAMED.test(type)) names[logicalId] = ref();
      });
    }
  }
  return { names, leftOut };
}

/** Types whose `Ref` is worth telling. */
const NAMED = /Function$|Alias$|Role$|Queue$|Rule$|Parameter$/;

function leaveOut(stack: Stack, ignore: readonly string[]): string[] {
  const known = new Set(RESOURCE_KINDS.map(([type]) => type));
  const rest = Object.entries(stack.template.Resources).filter(([, { Type }]) => !known.has(Type));
  return rest.map(([logicalId, { Type }]) => {
    if (WITHOUT_PART.includes(Type) || ignore.includes(Type)) return `${Type} ${logicalId}`;
    throw new Error(
      `The AWS peer does not know ${Type} (${stack.name}, ${logicalId}); name it in \`ignore\` to leave it out`,
    );
  });
}

function attempt(subject: string, create: () => void): void {
  try {
    create();
  } catch (error) {
    throw new Error(`${subject}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
