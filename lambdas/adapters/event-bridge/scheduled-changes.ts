/** Events of AWS Health about changes that AWS schedules for instances: one event, many instances (contract 1.2). */
import * as z from 'zod/mini';
import { NO_GROUP } from '../../core/aws/group.ts';
import type { WarningNotice } from '../../core/notice/notice.ts';
import { envelope, type Read } from './event-form.ts';

/** Changes that AWS schedules for an instance, by the code of their event of AWS Health, and what AWS does. */
export const SCHEDULED_CHANGES: Readonly<Record<string, WarningNotice['action']>> = {
  AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED: 'terminate',
  AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED: 'stop',
  AWS_EC2_INSTANCE_STOP_SCHEDULED: 'stop',
  AWS_EC2_INSTANCE_TERMINATION_SCHEDULED: 'terminate',
  AWS_EC2_INSTANCE_REBOOT_MAINTENANCE_SCHEDULED: 'reboot',
  AWS_EC2_SYSTEM_REBOOT_MAINTENANCE_SCHEDULED: 'reboot',
  AWS_EC2_INSTANCE_REBOOT_FLEXIBLE_MAINTENANCE_SCHEDULED: 'reboot',
};

/** Form of an event of AWS Health. Its times are those of HTTP: `Sat, 05 Jun 2027 15:10:09 GMT`. */
const healthSchema = z.object({
  ...envelope,
  detail: z.object({
    eventTypeCode: z.string().check(z.maxLength(256)),
    eventRegion: z.optional(z.string().check(z.maxLength(64))),
    statusCode: z.optional(z.string().check(z.maxLength(32))),
    affectedAccount: z.optional(z.string().check(z.maxLength(64))),
    startTime: z.string().check(
      z.maxLength(64),
      z.refine((text) => Number.isFinite(Date.parse(text)), 'must be a time'),
    ),
    affectedEntities: z
      .array(z.object({ entityValue: z.string().check(z.maxLength(2_048)) }))
      .check(z.maxLength(1_000)),
  }),
});

/** @throws what zod throws, for an event of the wrong form */
export function scheduledChanges(event: unknown): Read {
  const { account, region, time, detail } = healthSchema.parse(event);
  const action = SCHEDULED_CHANGES[detail.eventTypeCode];
  const { eventRegion = region, affectedAccount = account, statusCode } = detail;
  if (action === undefined) return { ignored: 'no instance stops, ends or reboots by it' };
  if (statusCode === 'closed') return { ignored: 'the change is over, or was called off' };
  if (affectedAccount !== account) return { ignored: 'it is about another account' };
  if (eventRegion !== region) return { ignored: 'it is about another region' };
  const until = Date.parse(detail.startTime);
  const named = new Set(detail.affectedEntities.map(({ entityValue }) => instanceIn(entityValue)));
  const notices = [...named].flatMap((id): WarningNotice[] =>
    id === undefined
      ? []
      : [
          {
            kind: 'scheduled-change',
            account,
            region,
            instance: id,
            group: NO_GROUP,
            at: Date.parse(time),
            action,
            until,
          },
        ],
  );
  return notices.length === 0 ? { ignored: 'it names no instance' } : notices;
}

/** The id of an instance, alone or at the end of an ARN. */
function instanceIn(entity: string): string | undefined {
  return /(?:^|\/)(i-[0-9a-f]{8,17})$/.exec(entity)?.[1];
}
