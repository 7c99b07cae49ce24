/** SSM parameters, which hold the per-cluster settings. */
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';

export const PARAMETER_ACTIONS = ['ssm:GetParameter'] as const;

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
