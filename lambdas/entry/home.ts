/** Who we are: account and region from the ARN under which Lambda runs us. */
export function homeOf({ invokedFunctionArn }: { invokedFunctionArn: string }): { account: string; region: string } {
  const [, , , region = '', account = ''] = invokedFunctionArn.split(':');
  return { account, region };
}
