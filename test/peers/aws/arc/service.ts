/** ARC zonal shift on the wire: REST and JSON, version 2022-10-30. Of its calls, the list of what it manages. */
import { z } from 'zod';
import { AwsError } from '../wire/aws-error.ts';
import { pageOf, type Page } from '../wire/paging.ts';
import { operation, type Service } from '../wire/service.ts';
import type { ManagedResource, Shift, ZonalShifts } from './zonal-shifts.ts';

/** The most items of a page. What it is when a request does not say is not documented. */
const PAGE = 100;

const inputSchema = z.object({
  maxResults: z.coerce.number().int().min(1).max(PAGE).default(PAGE),
  nextToken: z.string().optional(),
});

export function arcService(shifts: ZonalShifts): Service {
  return {
    scope: 'arc-zonal-shift',
    iamPrefix: 'arc-zonal-shift',
    protocol: 'rest-json',
    invalidCode: 'ValidationException',
    deniedCode: 'AccessDeniedException',
    operations: {
      ListManagedResources: operation({
        input: inputSchema,
        answer: ({ maxResults, nextToken }) => {
          const { page, nextToken: next } = pageAt(shifts.list(), maxResults, nextToken);
          return { items: page.map((resource) => shapeOf(resource, shifts)), nextToken: next };
        },
      }),
    },
    route: ({ method, path, query }) =>
      method === 'GET' && path === '/managedresources'
        ? { action: 'ListManagedResources', parameters: Object.fromEntries(query) }
        : undefined,
  };
}

function pageAt<T>(all: readonly T[], size: number, token: string | undefined): Page<T> {
  try {
    return pageOf(all, size, token);
  } catch {
    throw new AwsError('ValidationException', 'The next token is not valid.');
  }
}

/** The reference says that zonal shifts are those of now, and that autoshifts which have completed are listed too. */
function shapeOf(resource: ManagedResource, shifts: ZonalShifts): Record<string, unknown> {
  const applied = shifts.applied(resource);
  const isAuto = ({ kind }: Shift): boolean => kind === 'autoshift';
  const own = resource.shifts.filter((shift) => !isAuto(shift) && shifts.isActive(shift));
  return {
    arn: resource.arn,
    name: resource.arn.split('/').at(-1),
    availabilityZones: resource.zones,
    appliedWeights: Object.fromEntries(resource.zones.map((zone) => [zone, zone === applied?.awayFrom ? 0 : 1])),
    zonalAutoshiftStatus: 'DISABLED',
    practiceRunStatus: 'DISABLED',
    zonalShifts: own.map((shift) => ({
      zonalShiftId: shift.id,
      resourceIdentifier: resource.arn,
      appliedStatus: shift === applied ? 'APPLIED' : 'NOT_APPLIED',
      awayFrom: shift.awayFrom,
      startTime: new Date(shift.startedAt),
      expiryTime: new Date(shift.expiresAt ?? 0),
      comment: shift.comment,
      ...(shift.kind === 'practice run' && { practiceRunOutcome: 'PENDING' }),
    })),
    autoshifts: resource.shifts.filter(isAuto).map((shift) => ({
      appliedStatus: shift === applied ? 'APPLIED' : 'NOT_APPLIED',
      awayFrom: shift.awayFrom,
      startTime: new Date(shift.startedAt),
    })),
  };
}
