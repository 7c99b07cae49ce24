/** What AWS has scheduled for instances: stops, retirements and reboots (DescribeInstanceStatus). */
import {
  paginateDescribeInstanceStatus,
  type DescribeInstanceStatusCommandInput,
  type EC2Client,
  type InstanceStatusEvent,
} from '@aws-sdk/client-ec2';
import type { ScheduledChange, ScheduledChanges } from '../../workflow/ports/ec2.ts';

export const STATUS_ACTIONS = ['ec2:DescribeInstanceStatus'] as const;

/** What AWS does with the instance, by EC2's code. Other maintenance goes on without it. */
const ACTIONS: Readonly<Record<string, ScheduledChange['action']>> = {
  'instance-stop': 'stop',
  'instance-retirement': 'terminate',
  'instance-reboot': 'reboot',
  'system-reboot': 'reboot',
};

/** Every change of the account and region. Only instances that run are asked about. */
export function scheduledChanges(client: EC2Client): ScheduledChanges {
  return {
    ofAll: () => described(client, { Filters: [{ Name: 'event.code', Values: Object.keys(ACTIONS) }] }),
  };
}

/** The changes of one instance; undefined when EC2 throttles or fails, after the SDK's own retries (faults 16). */
export async function scheduledChangesOf(
  client: EC2Client,
  instance: string,
): Promise<readonly ScheduledChange[] | undefined> {
  try {
    return await described(client, { InstanceIds: [instance], IncludeAllInstances: true });
  } catch (error) {
    if (error instanceof Error && error.name === 'InvalidInstanceID.NotFound') return [];
    const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
    if (($metadata?.httpStatusCode ?? 0) >= 500) return undefined;
    throw error;
  }
}

async function described(client: EC2Client, input: DescribeInstanceStatusCommandInput): Promise<ScheduledChange[]> {
  const found: ScheduledChange[] = [];
  for await (const { InstanceStatuses = [] } of paginateDescribeInstanceStatus({ client }, input)) {
    for (const { InstanceId: instance = '', Events = [] } of InstanceStatuses) {
      found.push(...Events.flatMap((event) => changeOf(instance, event)));
    }
  }
  return found;
}

/** EC2 shows changes that are over for a while, with a word in brackets before their description. */
function changeOf(instance: string, { Code, NotBefore, Description = '' }: InstanceStatusEvent): ScheduledChange[] {
  const action = ACTIONS[Code ?? ''];
  if (action === undefined || NotBefore === undefined || /^\[(Completed|Canceled)\]/.test(Description)) return [];
  return [{ instance, action, notBefore: NotBefore.getTime() }];
}
