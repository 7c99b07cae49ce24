import type { Home } from '../core/aws/installation.ts';

/** Who we are: account and region from the ARN under which Lambda runs us, and the name of our installation. */
export function homeOf({ invokedFunctionArn }: { invokedFunctionArn: string }, installation?: string): Home {
  const [, , , region = '', account = ''] = invokedFunctionArn.split(':');
  return { account, region, ...(installation !== undefined && { installation }) };
}
