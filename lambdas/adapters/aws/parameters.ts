/** SSM parameters, which hold the per-cluster settings. */
import {
  GetParameterCommand,
  GetParametersCommand,
  paginateGetParametersByPath,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import { askedTogether } from './asked-together.ts';
import { batchesOf } from './batches.ts';

export const PARAMETER_ACTIONS = ['ssm:GetParameter', 'ssm:GetParameters'] as const;
export const PARAMETER_LIST_ACTIONS = ['ssm:GetParametersByPath'] as const;

/** The most names that GetParameters takes. */
const MOST_NAMES = 10;

/** Returns the parameter's value; undefined when it does not exist. */
export async function readParameter(client: SSMClient, name: string): Promise<string | undefined> {
  try {
    const answer = await client.send(new GetParameterCommand({ Name: name }));
    return answer.Parameter?.Value;
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') return undefined;
    throw error;
  }
}

/** Reads parameters, those that are asked for at the same time with one call. Undefined when one does not exist. */
export function parametersTogether(client: SSMClient): (name: string) => Promise<string | undefined> {
  return askedTogether(MOST_NAMES, async (names) => {
    const { Parameters = [] } = await client.send(new GetParametersCommand({ Names: [...names] }));
    const values = new Map(Parameters.map(({ Name, Value }) => [Name, Value]));
    return names.map((name) => values.get(name));
  });
}

/**
 * Returns the values of several parameters, in the order of their names.
 *
 * @throws Error naming the parameters that do not exist, for example while a deployment writes them
 */
export async function readParameters(client: SSMClient, names: readonly string[]): Promise<readonly string[]> {
  const values = new Map<string, string>();
  for (const Names of batchesOf(names, MOST_NAMES)) {
    const { Parameters = [] } = await client.send(new GetParametersCommand({ Names }));
    for (const { Name = '', Value = '' } of Parameters) values.set(Name, Value);
  }
  const missing = names.filter((name) => !values.has(name));
  if (missing.length > 0) throw new Error(`there are no SSM parameters ${missing.join(', ')}: deploy Ebb again`);
  return names.map((name) => values.get(name) ?? '');
}

/** Returns the names of the parameters under a path, without the path. @param path with both slashes */
export async function namesUnder(client: SSMClient, path: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, { Path: path })) {
    names.push(...Parameters.flatMap(({ Name }) => Name?.slice(path.length) ?? []));
  }
  return names;
}
