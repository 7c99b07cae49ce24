/** Status checks that instances fail (DescribeInstanceStatus). */
import {
  paginateDescribeInstanceStatus,
  type EC2Client,
  type EbsStatusDetails,
  type InstanceStatus,
  type InstanceStatusDetails,
} from '@aws-sdk/client-ec2';
import type { Impairment, StatusCheck } from '../../core/aws/status-check.ts';
import type { StatusChecks } from '../../workflow/ports/ec2.ts';

/** The most instances that one answer has. */
const INSTANCES_PER_PAGE = 1_000;

/** Name of EC2's filter, and the part of the answer. */
const CHECKS: Readonly<Record<StatusCheck, { filter: string; of: (found: InstanceStatus) => Summary | undefined }>> = {
  system: { filter: 'system-status.status', of: ({ SystemStatus }) => SystemStatus },
  instance: { filter: 'instance-status.status', of: ({ InstanceStatus: found }) => found },
  ebs: { filter: 'attached-ebs-status.status', of: ({ AttachedEbsStatus }) => AttachedEbsStatus },
};

interface Summary {
  readonly Details?: (InstanceStatusDetails | EbsStatusDetails)[] | undefined;
}

/** Asks once for each check, because EC2 takes several filters together as "all of them": few instances pass each. */
export function statusChecks(client: EC2Client): StatusChecks {
  return {
    impaired: async (checks) => (await Promise.all(checks.map((check) => impairedBy(client, check)))).flat(),
  };
}

async function impairedBy(client: EC2Client, check: StatusCheck): Promise<Impairment[]> {
  const { filter, of } = CHECKS[check];
  const input = { Filters: [{ Name: filter, Values: ['impaired'] }], MaxResults: INSTANCES_PER_PAGE };
  const found: Impairment[] = [];
  for await (const { InstanceStatuses = [] } of paginateDescribeInstanceStatus({ client }, input)) {
    for (const status of InstanceStatuses) {
      const { InstanceId: instance } = status;
      const since = failingSince(of(status));
      if (instance !== undefined && since !== undefined) found.push({ instance, check, since });
    }
  }
  return found;
}

/** Epoch milliseconds; undefined when EC2 does not say since when, so that nobody can tell how long it has lasted. */
function failingSince({ Details = [] }: Summary = {}): number | undefined {
  const times = Details.flatMap(({ ImpairedSince }) => (ImpairedSince === undefined ? [] : [ImpairedSince.getTime()]));
  return times.length === 0 ? undefined : Math.min(...times);
}
