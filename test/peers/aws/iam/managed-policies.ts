/** The AWS managed policies that functions are given by CDK, as far as the peer's services are concerned. */
const LOGS = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

const known: Readonly<Record<string, readonly string[]>> = {
  AWSLambdaBasicExecutionRole: LOGS,
  AWSLambdaBasicDurableExecutionRolePolicy: [
    ...LOGS,
    'lambda:CheckpointDurableExecution',
    'lambda:GetDurableExecutionState',
  ],
  AWSLambdaVPCAccessExecutionRole: [
    ...LOGS,
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ],
};

/** The document of a managed policy, by its ARN. */
export function managedPolicy(arn: string): unknown {
  const actions = known[arn.split('/').at(-1) ?? ''];
  if (actions === undefined) throw new Error(`The AWS peer does not know the managed policy ${arn}`);
  return { Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] };
}
