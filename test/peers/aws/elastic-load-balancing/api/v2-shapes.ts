/** Load balancers, target groups and targets as the answers of API version 2 show them. */
import { members } from '../../wire/answer.ts';
import type { Backend } from '../backends.ts';
import type { LoadBalancer, TargetGroup, Tags, TargetName } from '../target-group.ts';
import type { TargetHealth } from '../target-health.ts';

type Shape = Record<string, unknown>;

export function loadBalancerShape(balancer: LoadBalancer): Shape {
  return {
    LoadBalancerArn: balancer.arn,
    DNSName: balancer.dnsName,
    CanonicalHostedZoneId: 'Z215JYRZR1TBD5',
    CreatedTime: balancer.createdAt,
    LoadBalancerName: balancer.name,
    Scheme: balancer.scheme,
    VpcId: balancer.vpcId,
    State: { Code: 'active' },
    Type: balancer.type,
    AvailabilityZones: members(balancer.zones.map((ZoneName) => ({ ZoneName, LoadBalancerAddresses: '' }))),
    IpAddressType: 'ipv4',
  };
}

export function targetGroupShape(group: TargetGroup): Shape {
  const { healthCheck } = group;
  const http = group.protocol === 'HTTP' || group.protocol === 'HTTPS';
  return {
    TargetGroupArn: group.arn,
    TargetGroupName: group.name,
    Protocol: group.protocol,
    Port: group.port,
    VpcId: group.vpcId,
    HealthCheckProtocol: healthCheck.protocol,
    HealthCheckPort: healthCheck.port,
    HealthCheckEnabled: true,
    HealthCheckIntervalSeconds: healthCheck.interval,
    HealthCheckTimeoutSeconds: healthCheck.timeout,
    HealthyThresholdCount: healthCheck.healthyThreshold,
    UnhealthyThresholdCount: healthCheck.unhealthyThreshold,
    HealthCheckPath: healthCheck.path,
    Matcher: healthCheck.path === undefined ? undefined : { HttpCode: '200' },
    LoadBalancerArns: members([...group.loadBalancerArns]),
    TargetType: group.targetType,
    ProtocolVersion: http ? 'HTTP1' : undefined,
    IpAddressType: 'ipv4',
  };
}

/** A target that is registered, or one that was asked for and is not. */
export function targetHealthShape(
  target: Backend | (TargetName & { readonly port: number }),
  group: TargetGroup,
  health: TargetHealth,
): Shape {
  const checked = group.healthCheck.port === 'traffic-port' ? String(target.port) : group.healthCheck.port;
  return {
    Target: { Id: target.id, Port: target.port, AvailabilityZone: target.zone },
    HealthCheckPort: health.reason === 'Target.NotRegistered' ? undefined : checked,
    TargetHealth: { State: health.state, Reason: health.reason, Description: health.description },
  };
}

export function tagShapes(tags: Tags): { member: readonly Shape[] } | '' {
  return members(Object.entries(tags).map(([Key, Value]) => ({ Key, Value })));
}
