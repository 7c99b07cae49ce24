/** SSM parameters, which hold the per-cluster settings. */
import { GetParameterCommand, paginateGetParametersByPath, type SSMClient } from '@aws-sdk/client-ssm';

export const PARAMETER_ACTIONS = ['ssm:GetParameter'] as const;
export const PARAMETER_LIST_ACTIONS = ['ssm:GetParametersByPath'] as const;

/** The parameter's value; undefined when there is none of that name. */
export async function readParameter(client: SSMClient, name: string): Promise<string | undefined> {
  try {
    const answer = await client.send(new GetParameterCommand({ Name: name }));
    return answer.Parameter?.Value;
  } catch (error) {
    if (error instanceof Error && error.name === 'ParameterNotFound') return undefined;
    throw error;
  }
}

/** What the names of the parameters under a path go on with. @param path with both slashes */
export async function namesUnder(client: SSMClient, path: string): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { Parameters = [] } of paginateGetParametersByPath({ client }, { Path: path })) {
    names.push(...Parameters.flatMap(({ Name }) => Name?.slice(path.length) ?? []));
  }
  return names;
}
