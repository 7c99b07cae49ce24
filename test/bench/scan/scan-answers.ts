/** What AWS tells of the groups, templates and instances of a made-up cluster: XML, about as long as the real one. */
import * as fleet from './scan-fleet.ts';

export function group(index: number, cluster: fleet.MadeUpFleet): string {
  const first = index * fleet.PER_GROUP;
  const size = Math.min(fleet.PER_GROUP, cluster.nodes - first);
  const name = fleet.groupName(first);
  const tags = {
    'ebb/managed': 'true',
    'eks:cluster-name': fleet.CLUSTER,
    'eks:nodegroup-name': name,
    Name: 'workers',
  };
  return element('member', [
    element('AutoScalingGroupName', name),
    element('AutoScalingGroupARN', `arn:aws:autoscaling:eu-central-1:123456789012:autoScalingGroup:0:${name}`),
    ...Object.entries({ MinSize: 1, MaxSize: 100, DesiredCapacity: size, DefaultCooldown: 300 }).map(([key, value]) =>
      element(key, String(value)),
    ),
    element('LaunchTemplate', templateOf(index, '$Latest')),
    element(
      'AvailabilityZones',
      ['a', 'b', 'c'].map((zone) => element('member', `eu-central-1${zone}`)),
    ),
    element('HealthCheckType', 'EC2'),
    element(
      'Instances',
      Array.from({ length: size }, (_, nth) => member(first + nth, index, cluster)),
    ),
    element('SuspendedProcesses', ''),
    element('VPCZoneIdentifier', 'subnet-0123456789abcdef0,subnet-0123456789abcdef1,subnet-0123456789abcdef2'),
    element(
      'Tags',
      Object.entries(tags).map(([key, value]) => groupTag(name, key, value)),
    ),
    element('TerminationPolicies', element('member', 'Default')),
    element('CreatedTime', '2025-01-05T12:00:00Z'),
  ]);
}

function templateOf(group: number, version: string): string {
  const id = fleet.templateId(group);
  return element('LaunchTemplateId', id) + element('LaunchTemplateName', `eks-${id}`) + element('Version', version);
}

function member(index: number, group: number, cluster: fleet.MadeUpFleet): string {
  const version = fleet.isCurrent(index, cluster) ? fleet.TEMPLATE_VERSION : fleet.TEMPLATE_VERSION - 1;
  return element('member', [
    element('InstanceId', fleet.instanceId(index)),
    element('InstanceType', fleet.TYPE),
    element('AvailabilityZone', fleet.zoneOf(index)),
    element('LifecycleState', 'InService'),
    element('HealthStatus', 'Healthy'),
    element('LaunchTemplate', templateOf(group, String(version))),
    element('ProtectedFromScaleIn', 'false'),
  ]);
}

function groupTag(group: string, key: string, value: string): string {
  return element('member', [
    element('ResourceId', group),
    element('ResourceType', 'auto-scaling-group'),
    element('Key', key),
    element('Value', value),
    element('PropagateAtLaunch', 'true'),
  ]);
}

/** @param asked a number, or `$Latest` */
export function templateVersion(id: string, asked: string): string {
  const version = asked === '$Latest' ? fleet.TEMPLATE_VERSION : Number(asked);
  return element('item', [
    element('launchTemplateId', id),
    element('versionNumber', String(version)),
    element('defaultVersion', 'false'),
    element('launchTemplateData', [
      element('imageId', version === fleet.TEMPLATE_VERSION ? fleet.IMAGES.now : fleet.IMAGES.before),
      element('instanceType', fleet.TYPE),
      element('userData', 'A'.repeat(4_000)),
    ]),
  ]);
}

/** Two network interfaces with ten addresses each, as the VPC CNI has them on a node that is half full. */
export function reservation(id: string, cluster: fleet.MadeUpFleet): string {
  const index = fleet.indexOf(id);
  const image = fleet.isCurrent(index, cluster) ? fleet.IMAGES.now : fleet.IMAGES.before;
  return element('item', [
    element('reservationId', 'r-0123456789abcdef0'),
    element('ownerId', '123456789012'),
    element('groupSet', ''),
    element(
      'instancesSet',
      element('item', [
        element('instanceId', id),
        element('imageId', image),
        element('launchTime', fleet.createdAt(index)),
        instanceFields(index),
        element(
          'networkInterfaceSet',
          [0, 1].map((nth) => networkInterface(index, nth)),
        ),
        element(
          'tagSet',
          Object.entries(INSTANCE_TAGS).map(([key, value]) =>
            element('item', element('key', key) + element('value', value)),
          ),
        ),
      ]),
    ),
  ]);
}

const INSTANCE_TAGS = {
  'aws:autoscaling:groupName': 'eks-workers',
  'aws:ec2launchtemplate:id': 'lt-0123456789abcdef0',
  'aws:ec2launchtemplate:version': '6',
  'aws:eks:cluster-name': fleet.CLUSTER,
  'eks:cluster-name': fleet.CLUSTER,
  'eks:nodegroup-name': 'workers',
  [`kubernetes.io/cluster/${fleet.CLUSTER}`]: 'owned',
  Name: 'workers',
};

function instanceFields(index: number): string {
  const fields = {
    privateDnsName: fleet.nodeName(index),
    instanceType: fleet.TYPE,
    subnetId: 'subnet-0123456789abcdef0',
    vpcId: 'vpc-0123456789abcdef0',
    privateIpAddress: fleet.address(index, 0),
    architecture: 'x86_64',
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/xvda',
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    ebsOptimized: 'true',
    enaSupport: 'true',
    clientToken: '01234567-89ab-cdef-0123-456789abcdef',
    platformDetails: 'Linux/UNIX',
    usageOperation: 'RunInstances',
  };
  const disk =
    element('deviceName', '/dev/xvda') +
    element('ebs', element('volumeId', 'vol-0123456789abcdef0') + element('status', 'attached'));
  const state = element('code', '16') + element('name', 'running');
  return [
    ...Object.entries(fields).map(([name, value]) => element(name, value)),
    element('instanceState', state),
    element('placement', element('availabilityZone', fleet.zoneOf(index)) + element('tenancy', 'default')),
    element('blockDeviceMapping', element('item', disk)),
    element('groupSet', element('item', element('groupId', 'sg-0123456789abcdef0') + element('groupName', 'eks'))),
    element('metadataOptions', element('state', 'applied') + element('httpTokens', 'required')),
  ].join('');
}

function networkInterface(index: number, nth: number): string {
  const addresses = Array.from({ length: 10 }, (_, which) => {
    const own = fleet.address(index, nth * 10 + which);
    const name = `ip-${own.replaceAll('.', '-')}.eu-central-1.compute.internal`;
    const primary = element('primary', String(which === 0));
    return element('item', element('privateIpAddress', own) + element('privateDnsName', name) + primary);
  });
  return element('item', [
    element('networkInterfaceId', `eni-0123456789abcdef${nth}`),
    element('subnetId', 'subnet-0123456789abcdef0'),
    element('vpcId', 'vpc-0123456789abcdef0'),
    element('ownerId', '123456789012'),
    element('status', 'in-use'),
    element('macAddress', '02:01:23:45:67:89'),
    element('privateIpAddress', fleet.address(index, nth * 10)),
    element('sourceDestCheck', 'true'),
    element('groupSet', element('item', element('groupId', 'sg-0123456789abcdef0') + element('groupName', 'eks'))),
    element('attachment', element('attachmentId', `eni-attach-0123456789abcdef${nth}`) + element('status', 'attached')),
    element('privateIpAddressesSet', addresses),
  ]);
}

function element(name: string, content: string | readonly string[]): string {
  return `<${name}>${typeof content === 'string' ? content : content.join('')}</${name}>`;
}
