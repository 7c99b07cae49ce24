/** Classic load balancers as the answers of API version 2012-06-01 show them. */
import type { Instance } from '../../ec2/instances.ts';
import { members } from '../../wire/answer.ts';
import type { Backend } from '../backends.ts';
import { instancePort } from '../elastic-load-balancing.ts';
import type { ClassicBalancer } from '../target-group.ts';

type Shape = Record<string, unknown>;

export function classicBalancerShape(balancer: ClassicBalancer): Shape {
  const { healthCheck } = balancer;
  return {
    LoadBalancerName: balancer.name,
    DNSName: balancer.dnsName,
    CanonicalHostedZoneName: balancer.dnsName,
    CanonicalHostedZoneNameID: 'Z215JYRZR1TBD5',
    ListenerDescriptions: members(
      balancer.listeners.map((listener) => ({ Listener: listenerShape(listener), PolicyNames: '' })),
    ),
    Policies: { AppCookieStickinessPolicies: '', LBCookieStickinessPolicies: '', OtherPolicies: '' },
    BackendServerDescriptions: '',
    AvailabilityZones: members(balancer.zones),
    Subnets: '',
    VPCId: balancer.vpcId,
    Instances: instancesShape(registered(balancer)),
    HealthCheck: {
      Target: healthTarget(balancer),
      Interval: healthCheck.interval,
      Timeout: healthCheck.timeout,
      UnhealthyThreshold: healthCheck.unhealthyThreshold,
      HealthyThreshold: healthCheck.healthyThreshold,
    },
    SourceSecurityGroup: { OwnerAlias: 'amazon-elb', GroupName: 'default' },
    SecurityGroups: '',
    CreatedTime: balancer.createdAt,
    Scheme: balancer.scheme,
  };
}

/** `TCP:80`, `HTTP:30123/healthz`. */
function healthTarget(balancer: ClassicBalancer): string {
  const { protocol, port, path = '' } = balancer.healthCheck;
  return `${protocol}:${port === 'traffic-port' ? instancePort(balancer) : port}${path}`;
}

/** The instances that a balancer says are its own: those that drain are no longer among them. */
export function registered(balancer: ClassicBalancer): string[] {
  return balancer.backends.all.filter(({ drainingUntil }) => drainingUntil === undefined).map(({ id }) => id);
}

export function instancesShape(instanceIds: readonly string[]): unknown {
  return members(instanceIds.map((InstanceId) => ({ InstanceId })));
}

function listenerShape(listener: ClassicBalancer['listeners'][number]): Shape {
  return {
    Protocol: listener.protocol,
    LoadBalancerPort: listener.port,
    InstanceProtocol: listener.protocol,
    InstancePort: listener.instancePort,
  };
}

/** What DescribeInstanceHealth says of an instance, in its words. */
export function instanceStateShape(
  instanceId: string,
  backend: Backend | undefined,
  seen: { instance: Instance | undefined; now: number },
): Shape {
  const [State, ReasonCode, Description] = stateOf(backend, seen);
  return { InstanceId: instanceId, State, ReasonCode, Description };
}

type State = readonly [state: string, reason: string, description: string];

function stateOf(backend: Backend | undefined, seen: { instance: Instance | undefined; now: number }): State {
  if (backend === undefined)
    return ['OutOfService', 'Instance', 'Instance is not currently registered with the LoadBalancer.'];
  if (backend.drainingUntil !== undefined)
    return ['InService', 'Instance', 'Instance deregistration currently in progress.'];
  if (seen.instance?.state === 'stopped') return ['OutOfService', 'Instance', 'Instance is in stopped state.'];
  if (seen.now < backend.initialUntil) return ['OutOfService', 'ELB', 'Instance registration is still in progress.'];
  if (backend.healthy) return ['InService', 'N/A', 'N/A'];
  const failed = 'Instance has failed at least the UnhealthyThreshold number of health checks consecutively.';
  return ['OutOfService', 'Instance', failed];
}
