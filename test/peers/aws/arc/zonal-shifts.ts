/**
 * Zonal shifts and autoshifts of Application Recovery Controller, on the driven clock. They shift no traffic of the peer's
 * load balancers: what is kept is what ARC tells of them.
 */
import type { Timetable } from '../timetable.ts';

/** What ARC manages: an EKS cluster, an Auto Scaling group or a load balancer. */
export interface ManagedResource {
  readonly arn: string;
  /** Ids of its zones. */
  readonly zones: readonly string[];
  readonly shifts: readonly Shift[];
}

export interface Shift {
  readonly id: string;
  readonly kind: 'zonal shift' | 'practice run' | 'autoshift';
  readonly awayFrom: string;
  readonly startedAt: number;
  /** Epoch milliseconds; absent for an autoshift. */
  readonly expiresAt: number | undefined;
  readonly comment: string;
  /** It was cancelled, or AWS has ended it. */
  endedAt: number | undefined;
}

export interface ShiftPlan {
  readonly kind?: Shift['kind'];
  readonly awayFrom: string;
  /** How long it lasts; an autoshift lasts until AWS ends it. ARC lets a person choose up to three days. */
  readonly seconds?: number;
  readonly comment?: string;
}

/** A person's shift comes before AWS's, and both before a practice run (`appliedStatus`). */
const PRECEDENCE: readonly Shift['kind'][] = ['zonal shift', 'autoshift', 'practice run'];

export class ZonalShifts {
  readonly #resources = new Map<string, { readonly zones: readonly string[]; readonly shifts: Shift[] }>();
  readonly #time: Timetable;

  constructor({ time }: { time: Timetable }) {
    this.#time = time;
  }

  /** ARC manages the resource from now on. */
  manage(arn: string, zones: readonly string[] = ['euc1-az1', 'euc1-az2', 'euc1-az3']): void {
    this.#resources.set(arn, { zones, shifts: [] });
  }

  /** @returns the shift, for `end` */
  start(arn: string, { kind = 'zonal shift', awayFrom, seconds = 3_600, comment = '' }: ShiftPlan): Shift {
    const resource = this.#resources.get(arn);
    if (resource === undefined) throw new Error(`ARC manages no ${arn}`);
    const now = this.#time.now();
    const expiresAt = kind === 'autoshift' ? undefined : now + seconds * 1_000;
    const started: Shift = {
      id: crypto.randomUUID(),
      kind,
      awayFrom,
      startedAt: now,
      expiresAt,
      comment,
      endedAt: undefined,
    };
    resource.shifts.push(started);
    return started;
  }

  /** A person cancels it, or AWS ends it. */
  end(shift: Shift): void {
    shift.endedAt = this.#time.now();
  }

  /** In the order of their ARNs. */
  list(): readonly ManagedResource[] {
    return [...this.#resources]
      .map(([arn, resource]) => ({ arn, ...resource }))
      .toSorted((one, other) => (one.arn < other.arn ? -1 : 1));
  }

  isActive({ expiresAt = Infinity, endedAt }: Shift): boolean {
    return endedAt === undefined && this.#time.now() < expiresAt;
  }

  /** The one of a resource's shifts that is in effect. */
  applied({ shifts }: Pick<ManagedResource, 'shifts'>): Shift | undefined {
    const active = shifts.filter((shift) => this.isActive(shift));
    return PRECEDENCE.flatMap((kind) => active.filter((shift) => shift.kind === kind))[0];
  }
}
