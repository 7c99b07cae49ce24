/**
 * Zonal shifts of Amazon Application Recovery Controller (ARC): the traffic of a resource is moved away from an
 * availability zone, because a person, AWS itself (autoshift) or a practice run wants it so. Nothing voluntary begins
 * meanwhile (contract 9.8): the nodes of the other zones carry the whole load. Pure.
 */

/** A resource whose traffic can be shifted: an EKS cluster, an Auto Scaling group, or a load balancer. */
export interface ManagedResource {
  readonly arn: string;
  /** Its shifts, in effect or not; most resources have none. */
  readonly shifts: readonly TrafficShift[];
}

export interface TrafficShift {
  readonly kind: 'zonal shift' | 'autoshift';
  /** Id of the zone that the traffic leaves, such as `use1-az1`. */
  readonly awayFrom: string;
  /** Whether it is in effect: of several shifts of a resource only one is. */
  readonly isApplied: boolean;
  /** When it ends by itself, epoch milliseconds; absent for an autoshift, which AWS ends. */
  readonly expiresAt?: number;
  /** What the person who began it says. */
  readonly comment?: string;
}

/** A cluster, and what of it may be shifted. */
export interface ShiftScope {
  /** Name of the cluster. */
  readonly cluster: string;
  /** Names of its Auto Scaling groups. */
  readonly groups: readonly string[];
}

/** A resource with a shift that is in effect. */
export interface ShiftedResource {
  readonly arn: string;
  readonly shift: TrafficShift;
}

/** Characters of a comment that are repeated. */
const LONGEST_COMMENT = 200;

/** @param now epoch milliseconds */
export function shiftedResources(resources: readonly ManagedResource[], now: number): readonly ShiftedResource[] {
  return resources.flatMap(({ arn, shifts }) => {
    const shift = shifts.find(({ isApplied, expiresAt = Infinity }) => isApplied && now < expiresAt);
    return shift === undefined ? [] : [{ arn, shift }];
  });
}

/**
 * Returns the first of these that is the cluster itself, or one of its groups; undefined when none is. Names are enough:
 * ARC lists the resources of one account and region.
 */
export function shiftedOf(
  { cluster, groups }: ShiftScope,
  shifted: readonly ShiftedResource[],
): ShiftedResource | undefined {
  return shifted.find(({ arn }) => {
    const { service, resource } = partsOf(arn);
    if (service === 'eks') return resource === `cluster/${cluster}`;
    return service === 'autoscaling' && groups.some((name) => resource.endsWith(`:autoScalingGroupName/${name}`));
  });
}

/** Returns the load balancers among these. AWS must be asked whose they are. */
export function shiftedBalancers(shifted: readonly ShiftedResource[]): readonly ShiftedResource[] {
  return shifted.filter(({ arn }) => partsOf(arn).service === 'elasticloadbalancing');
}

/** Says what is shifted, where from, and until when. */
export function shiftWords({ arn, shift }: ShiftedResource): string {
  const { kind, awayFrom, expiresAt, comment = '' } = shift;
  const until = expiresAt === undefined ? '' : ` until ${new Date(expiresAt).toISOString()}`;
  const said = comment === '' ? '' : `: ${comment.slice(0, LONGEST_COMMENT)}`;
  return `${ARTICLE[kind]} moves the traffic of ${nameOf(arn)} away from ${awayFrom}${until}${said}`;
}

const ARTICLE = { 'zonal shift': 'a zonal shift', autoshift: 'an autoshift of AWS' } as const;

function nameOf(arn: string): string {
  const { service, resource } = partsOf(arn);
  const kind = { eks: 'cluster', autoscaling: 'group', elasticloadbalancing: 'load balancer' }[service];
  const name = service === 'autoscaling' ? resource.replace(/^.*:autoScalingGroupName\//, '') : afterSlash(resource);
  return kind === undefined ? arn : `${kind} ${name}`;
}

/** `app/web/50dc6c495c0c9188` of `loadbalancer/app/web/50dc6c495c0c9188`. */
function afterSlash(resource: string): string {
  return resource.slice(resource.indexOf('/') + 1);
}

function partsOf(arn: string): { readonly service: string; readonly resource: string } {
  const [, , service = '', , , ...resource] = arn.split(':');
  return { service, resource: resource.join(':') };
}
