import type { Home } from '../core/aws/installation.ts';

/** Account and region, from the ARN under which Lambda runs this function, and the name of the installation. */
export function homeOf({ invokedFunctionArn }: { invokedFunctionArn: string }, installation?: string): Home {
  const [, , , region = '', account = ''] = invokedFunctionArn.split(':');
  return { account, region, ...(installation !== undefined && { installation }) };
}
