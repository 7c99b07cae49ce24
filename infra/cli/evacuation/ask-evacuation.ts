/** Asks the evacuation function for one host, and waits for what its run comes to. */
import {
  GetDurableExecutionCommand,
  InvokeCommand,
  LambdaClient,
  type GetDurableExecutionCommandOutput,
} from '@aws-sdk/client-lambda';
import { createClient } from '../../../lambdas/adapters/aws/clients.ts';
import { aliveExecutions, unqualified } from '../../../lambdas/adapters/lambda/retirements.ts';
import { evacuationName, type EvacuationRequest } from '../../../lambdas/core/openstack/evacuation-request.ts';
import type { EvacuationAnswer } from '../../../lambdas/workflow/openstack/evacuate-on-request.ts';
import { sleep } from '../../../lambdas/workflow/run/sleep.ts';
import { printAnswer, NoAnswer } from '../functions/function-command.ts';
import { EVACUATION } from '../functions/asked-functions.ts';

/** How often the run is looked at, milliseconds. */
const LOOK_MS = 5_000;

/** @returns undefined when there is none, which is printed */
export async function askEvacuation(
  request: EvacuationRequest,
  functionArn: string,
): Promise<EvacuationAnswer | undefined> {
  let answer: EvacuationAnswer | undefined;
  await printAnswer(EVACUATION, functionArn, async () => {
    answer = await evacuated(createClient(LambdaClient), request, functionArn);
    return { text: '' };
  });
  return answer;
}

async function evacuated(
  client: LambdaClient,
  request: EvacuationRequest,
  functionArn: string,
): Promise<EvacuationAnswer> {
  const [, , , region = '', account = '', , name] = functionArn.split(':');
  if (name === undefined)
    throw new NoAnswer(`${functionArn} is no ARN: give output ${EVACUATION.output} of the stack, as a whole`);
  const execution = evacuationName(request, Date.now(), { account, region });
  const started = await client.send(
    new InvokeCommand({
      FunctionName: functionArn,
      InvocationType: 'Event',
      DurableExecutionName: execution,
      Payload: JSON.stringify(request),
    }),
  );
  const { DurableExecutionArn: arn = await arnOf(client, functionArn, execution) } = started;
  for (;;) {
    const run = await client.send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }));
    if (run.EndTimestamp !== undefined) return answerOf(run);
    await sleep(LOOK_MS);
  }
}

/** @throws NoAnswer when the run has failed */
function answerOf({ Status, Result, Error: error }: GetDurableExecutionCommandOutput): EvacuationAnswer {
  if (Status === 'SUCCEEDED') return JSON.parse(Result ?? '{}') as EvacuationAnswer;
  throw new NoAnswer(`the evacuation ended as ${Status ?? 'failed'}: ${error?.ErrorMessage ?? 'its log says why'}`);
}

async function arnOf(client: LambdaClient, functionArn: string, execution: string): Promise<string | undefined> {
  const filter = { DurableExecutionName: execution };
  for await (const { DurableExecutionArn: arn } of aliveExecutions(client, unqualified(functionArn), filter))
    return arn;
  return undefined;
}
