/** Target groups and their targets: Elastic Load Balancing of API version 2. */
import {
  DeregisterTargetsCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetHealthCommand,
  paginateDescribeTargetGroups,
  RegisterTargetsCommand,
  type DescribeTargetGroupsCommandInput,
  type ElasticLoadBalancingV2Client,
  type TargetDescription,
  type TargetGroup,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { isOwnHealthPort, type Registration, type Target, type TargetPool } from '../../core/traffic/target-pool.ts';
import { askInBatches, batchesOf } from '../aws/batches.ts';
import { deregisterAll, TARGETS_PER_CALL } from './deregistration.ts';
import type { PoolNames } from './pool-names.ts';
import { refusedAs, unless } from '../aws/refusals.ts';
import { CONTROLLER_TAG } from './tagged-balancers.ts';

/** The most that one call describes, by page and by ARN (AWS publishes the latter only for tags). */
const GROUPS_PER_PAGE = 400;
const NAMED_PER_CALL = 20;

/** Deregistration delay of a target group that sets none, seconds: the default of AWS. */
const DEFAULT_DELAY = 300;

/** Health check port that means: the port on which a target gets its requests. */
const TRAFFIC_PORT = 'traffic-port';

const isGone = refusedAs('TargetGroupNotFoundException', 'LoadBalancerNotFoundException');
const isInvalid = refusedAs('InvalidTargetException');

export class TargetGroups {
  readonly #client: ElasticLoadBalancingV2Client;

  constructor(client: ElasticLoadBalancingV2Client) {
    this.#client = client;
  }

  async named({ groups, balancers, controlled }: PoolNames): Promise<TargetPool[]> {
    const found = await Promise.all([
      askInBatches(groups, { size: NAMED_PER_CALL, isGone }, (arns) => this.#describe({ TargetGroupArns: [...arns] })),
      askInBatches(balancers, { size: 1, isGone }, ([arn]) => this.#describe({ LoadBalancerArn: arn })),
    ]);
    return await this.#poolsOf(found.flat(), controlled);
  }

  /** ARNs of the target groups of a load balancer; none when it is gone. */
  async arnsBehind(balancer: string): Promise<string[]> {
    const found = await unless(isGone, () => this.#describe({ LoadBalancerArn: balancer }));
    return (found ?? []).flatMap(({ TargetGroupArn: arn }) => arn ?? []);
  }

  async inVpc(vpc: string): Promise<TargetPool[]> {
    const all = await this.#describe({ PageSize: GROUPS_PER_PAGE });
    return await this.#poolsOf(
      all.filter(({ VpcId }) => VpcId === vpc),
      new Map(),
    );
  }

  async targets({ id, by }: TargetPool): Promise<Target[]> {
    const answer = await unless(isGone, () =>
      this.#client.send(new DescribeTargetHealthCommand({ TargetGroupArn: id })),
    );
    return (answer?.TargetHealthDescriptions ?? []).flatMap((described) => targetOf(described, by));
  }

  async deregister(pool: TargetPool, leaving: readonly Target[]): Promise<void> {
    const send = async (targets: readonly Target[]): Promise<unknown> => {
      const request = { TargetGroupArn: pool.id, Targets: described(targets) };
      return await this.#client.send(new DeregisterTargetsCommand(request));
    };
    await unless(isGone, () => deregisterAll(leaving, { send, look: () => this.targets(pool), isInvalid }));
  }

  async register({ id }: TargetPool, coming: readonly Registration[]): Promise<void> {
    for (const batch of batchesOf(coming, TARGETS_PER_CALL)) {
      const command = new RegisterTargetsCommand({ TargetGroupArn: id, Targets: described(batch) });
      await unless(isGone, () => this.#client.send(command));
    }
  }

  async #describe(by: DescribeTargetGroupsCommandInput): Promise<TargetGroup[]> {
    const all: TargetGroup[] = [];
    const pages = paginateDescribeTargetGroups({ client: this.#client }, by);
    for await (const { TargetGroups = [] } of pages) all.push(...TargetGroups);
    return all;
  }

  /** @param controlled whether the controller manages them, as far as known already */
  async #poolsOf(found: readonly TargetGroup[], controlled: ReadonlyMap<string, boolean>): Promise<TargetPool[]> {
    const byArn = new Map(found.filter(hasMachines).map((group) => [group.TargetGroupArn ?? '', group]));
    const arns = [...byArn.keys()];
    const [looked, pools] = await Promise.all([
      this.#controlledOf(arns.filter((arn) => !controlled.has(arn))),
      askInBatches(arns, { size: 1, isGone }, async ([arn = '']) => [{ arn, drainSeconds: await this.#delayOf(arn) }]),
    ]);
    return pools.map(({ arn, drainSeconds }) => {
      const group = byArn.get(arn) ?? {};
      return {
        kind: 'target group',
        id: arn,
        name: group.TargetGroupName ?? arn,
        by: group.TargetType === 'ip' ? 'ip' : 'instance',
        drainSeconds,
        controlled: controlled.get(arn) ?? looked.get(arn) ?? false,
        ...(hasOwnHealthPort(group) && { ownHealthPort: true }),
      };
    });
  }

  async #controlledOf(groups: readonly string[]): Promise<Map<string, boolean>> {
    const described = await askInBatches(groups, { size: NAMED_PER_CALL, isGone }, async (arns) => {
      const answer = await this.#client.send(new DescribeTagsCommand({ ResourceArns: [...arns] }));
      return answer.TagDescriptions ?? [];
    });
    return new Map(
      described.map(({ ResourceArn = '', Tags = [] }) => [ResourceArn, Tags.some(({ Key }) => Key === CONTROLLER_TAG)]),
    );
  }

  async #delayOf(group: string): Promise<number> {
    const answer = await this.#client.send(new DescribeTargetGroupAttributesCommand({ TargetGroupArn: group }));
    const delay = answer.Attributes?.find(({ Key }) => Key === 'deregistration_delay.timeout_seconds');
    return Number(delay?.Value ?? DEFAULT_DELAY);
  }
}

function described(targets: readonly Registration[]): TargetDescription[] {
  return targets.map(({ id, port, zone, serverId }) => ({
    Id: id,
    Port: port,
    AvailabilityZone: zone,
    QuicServerId: serverId,
  }));
}

/** Whether its targets are machines: not functions, nor load balancers. */
function hasMachines({ TargetType }: TargetGroup): boolean {
  return TargetType === 'instance' || TargetType === 'ip';
}

/** A check port of its own. In groups of type ip each pod is checked itself: none is unhealthy by design. */
function hasOwnHealthPort({ TargetType, HealthCheckPort = TRAFFIC_PORT, Port }: TargetGroup): boolean {
  return TargetType === 'instance' && isOwnHealthPort(HealthCheckPort, [TRAFFIC_PORT, String(Port)]);
}

/**
 * Reads the target. `unused` counts as registered unless the reason is that it is not: a group without load balancer, a
 * stopped instance or a zone may come into use.
 */
function targetOf({ Target: named, TargetHealth: health }: TargetHealthDescription, by: TargetPool['by']): Target[] {
  if (health?.Reason === 'Target.NotRegistered') return [];
  const draining = health?.State === 'draining' || health?.Reason === 'Target.DeregistrationInProgress';
  return [
    {
      id: named?.Id ?? '',
      ...(named?.Port !== undefined && { port: named.Port }),
      ...(by === 'ip' && named?.AvailabilityZone !== undefined && { zone: named.AvailabilityZone }),
      ...(named?.QuicServerId !== undefined && { serverId: named.QuicServerId }),
      state: draining ? 'draining' : 'registered',
      healthy: health?.State === 'healthy',
      ...(health?.State === 'initial' && { coming: true }),
    },
  ];
}
