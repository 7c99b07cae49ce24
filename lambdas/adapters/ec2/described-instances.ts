/** DescribeInstances with all its pages: EC2 may send a short or an empty page, also where ids are named. */
import {
  paginateDescribeInstances,
  type DescribeInstancesCommandInput,
  type EC2Client,
  type Instance,
} from '@aws-sdk/client-ec2';

export async function describeInstances(client: EC2Client, input: DescribeInstancesCommandInput): Promise<Instance[]> {
  const found: Instance[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, input)) {
    found.push(...Reservations.flatMap(({ Instances = [] }) => Instances));
  }
  return found;
}
