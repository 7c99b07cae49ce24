/** Starting retirements: a named durable execution of the retirement function. */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Retirements } from '../workflow/ports.ts';

export const START_ACTIONS = ['lambda:InvokeFunction'] as const;

/**
 * @param functionArn qualified by an alias or version, as durable functions must be invoked
 */
export function retirements(client: LambdaClient, functionArn: string): Retirements {
  return {
    async start(name, notice) {
      try {
        await client.send(
          new InvokeCommand({
            FunctionName: functionArn,
            InvocationType: 'Event',
            DurableExecutionName: name,
            Payload: JSON.stringify(notice),
          }),
        );
        return 'started';
      } catch (error) {
        if (error instanceof Error && error.name === 'DurableExecutionAlreadyStartedException') return 'already';
        throw error;
      }
    },
  };
}
