/** Finds EC2 instances by id or private address, with their VPC and the addresses that they may be registered by. */
import type { DescribeInstancesCommandInput, EC2Client, Instance, InstanceNetworkInterface } from '@aws-sdk/client-ec2';
import type { FoundInstance, InstanceFinder } from '../../workflow/ports/ec2.ts';
import { describeInstances } from './described-instances.ts';
import { refusedAs, unless } from '../aws/refusals.ts';

export const FIND_INSTANCE_ACTIONS = ['ec2:DescribeInstances'] as const;

/** Filter for the addresses of every interface, the secondary ones too. */
const ADDRESS_FILTER = 'network-interface.addresses.private-ip-address';

export function instanceFinder(client: EC2Client): InstanceFinder {
  return {
    async find(by) {
      const found = await describe(
        client,
        'id' in by ? { InstanceIds: [by.id] } : { Filters: [{ Name: ADDRESS_FILTER, Values: [by.ip] }] },
      );
      return found.flatMap(foundInstance);
    },
  };
}

/** Whether EC2 does not know the id. An id of the right form that EC2 never gave out counts as malformed. */
const isUnknown = refusedAs('InvalidInstanceID.NotFound', 'InvalidInstanceID.Malformed');

async function describe(client: EC2Client, input: DescribeInstancesCommandInput): Promise<readonly Instance[]> {
  return (await unless(isUnknown, () => describeInstances(client, input))) ?? [];
}

/** Returns the instance, or nothing when it has terminated: it has left its VPC. */
function foundInstance({ InstanceId, VpcId, State, NetworkInterfaces = [], Tags = [] }: Instance): FoundInstance[] {
  if (InstanceId === undefined || VpcId === undefined || State?.Name === 'terminated') return [];
  return [
    {
      instance: InstanceId,
      vpc: VpcId,
      addresses: [...new Set(NetworkInterfaces.flatMap(addressesOf))],
      tags: Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])),
    },
  ];
}

function addressesOf(networkInterface: InstanceNetworkInterface): string[] {
  const { PrivateIpAddresses = [], Ipv4Prefixes = [], Ipv6Addresses = [] } = networkInterface;
  return [
    ...PrivateIpAddresses.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    ...Ipv4Prefixes.flatMap(({ Ipv4Prefix }) => (Ipv4Prefix === undefined ? [] : addressesIn(Ipv4Prefix))),
    ...Ipv6Addresses.flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
  ];
}

/** All 16 addresses of a prefix: EC2 delegates /28 only, and no API says which of them pods have. */
function addressesIn(prefix: string): string[] {
  const [network = ''] = prefix.split('/');
  const [a, b, c, first = ''] = network.split('.');
  return Array.from({ length: 16 }, (_, offset) => [a, b, c, Number(first) + offset].join('.'));
}
