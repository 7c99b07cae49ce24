/** EC2 instances: their names and addresses in the cluster, and the state of the machine. */
import { EC2Client, type Instance, type InstanceNetworkInterface } from '@aws-sdk/client-ec2';
import type { Machine } from '../../core/node/dead-node.ts';
import { createClient } from '../aws/clients.ts';
import { describeInstances } from './described-instances.ts';
import type { Instances } from '../../workflow/ports/ec2.ts';
import { scheduledChangesOf } from './scheduled-changes.ts';

export const INSTANCE_ACTIONS = ['ec2:DescribeInstances'] as const;

/** How long an answer is used again that only asks what an instance is, milliseconds: many are asked about at once. */
const SAME_MS = 5_000;

export function ec2Instances(client: EC2Client): Instances {
  const seen = new Map<string, { readonly at: number; readonly found: ReturnType<typeof describe> }>();
  const described = (instance: string): ReturnType<typeof describe> => {
    const before = seen.get(instance);
    if (before !== undefined && Date.now() - before.at < SAME_MS) return before.found;
    const found = describe(client, instance);
    seen.clear();
    seen.set(instance, { at: Date.now(), found });
    found.catch(() => seen.delete(instance));
    return found;
  };
  return {
    async identity(instance) {
      const found = await described(instance);
      if (typeof found === 'string') return { instance, addresses: [] };
      const { PrivateDnsName: dnsName = '', NetworkInterfaces = [] } = found;
      // EC2 returns an empty name once the instance has terminated.
      return { instance, ...(dnsName !== '' && { dnsName }), addresses: NetworkInterfaces.flatMap(addressesOf) };
    },
    async machine(instance) {
      const found = await describe(client, instance);
      if (typeof found === 'string') return found === 'absent' ? 'absent' : undefined;
      return MACHINES[found.State?.Name ?? ''] ?? 'up';
    },
    async purchase(instance) {
      const found = await described(instance);
      if (typeof found === 'string') return undefined;
      const { InstanceLifecycle, CapacityReservationId: reservation } = found;
      return { as: InstanceLifecycle ?? 'on-demand', ...(reservation !== undefined && { reservation }) };
    },
    scheduled: (instance) => scheduledChangesOf(client, instance),
  };
}

const MACHINES: Readonly<Record<string, Machine>> = {
  stopping: 'ending',
  'shutting-down': 'ending',
  stopped: 'stopped',
  terminated: 'terminated',
};

function addressesOf({ PrivateIpAddresses = [], Ipv6Addresses = [] }: InstanceNetworkInterface): string[] {
  return [
    ...PrivateIpAddresses.flatMap(({ PrivateIpAddress }) => PrivateIpAddress ?? []),
    ...Ipv6Addresses.flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
  ];
}

/** `unanswered`: EC2 throttles or fails after the SDK's own retries; callers go on without the answer (faults 16). */
async function describe(client: EC2Client, instance: string): Promise<Instance | 'absent' | 'unanswered'> {
  try {
    const [found] = await describeInstances(client, { InstanceIds: [instance] });
    return found ?? 'absent';
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidInstanceID.NotFound') return 'absent';
    if (isPassing(error)) return 'unanswered';
    throw error;
  }
}

/** Whether the failure passes. EC2 throttles with a 503 (RequestLimitExceeded). */
function isPassing(error: unknown): boolean {
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return ($metadata?.httpStatusCode ?? 0) >= 500;
}

export function ec2Client(): EC2Client {
  return createClient(EC2Client);
}
