/** What a group launches, and what an instance was launched from, as Auto Scaling's answers show it. */
import { members } from '../../wire/answer.ts';
import type {
  GroupLaunch,
  LaunchConfiguration,
  LaunchTemplateReference,
  MixedInstancesPolicy,
  Resolved,
} from '../launching.ts';

type Shape = Record<string, unknown>;

export function groupLaunchShape(launch: GroupLaunch): Shape {
  switch (launch.kind) {
    case 'template':
      return { LaunchTemplate: templateShape(launch.template) };
    case 'mixed':
      return { MixedInstancesPolicy: policyShape(launch.policy) };
    case 'configuration':
      return { LaunchConfigurationName: launch.name };
  }
}

export function instanceLaunchShape({ launchTemplate, launchConfiguration, ...rest }: Resolved): Shape {
  return {
    LaunchTemplate: launchTemplate && templateShape(launchTemplate),
    LaunchConfigurationName: launchConfiguration,
    ImageId: rest.imageOverridden ? rest.imageId : undefined,
    WeightedCapacity: rest.weightedCapacity,
  };
}

export function configurationShape(configuration: LaunchConfiguration): Shape {
  return {
    LaunchConfigurationName: configuration.name,
    LaunchConfigurationARN: configuration.arn,
    ImageId: configuration.imageId,
    InstanceType: configuration.instanceType,
    CreatedTime: configuration.createdAt,
    KeyName: '',
    SecurityGroups: '',
    BlockDeviceMappings: '',
    EbsOptimized: false,
  };
}

function policyShape({ launchTemplate, overrides }: MixedInstancesPolicy): Shape {
  const shapes = overrides.map(({ instanceType, instanceRequirements, launchTemplate: own, ...rest }) => ({
    InstanceType: instanceType,
    InstanceRequirements: instanceRequirements && {
      VCpuCount: { Min: instanceRequirements.vCpuCount.min },
      MemoryMiB: { Min: instanceRequirements.memoryMiB.min },
    },
    LaunchTemplateSpecification: own && templateShape(own),
    ImageId: rest.imageId,
    WeightedCapacity: rest.weightedCapacity,
  }));
  return {
    LaunchTemplate: { LaunchTemplateSpecification: templateShape(launchTemplate), Overrides: members(shapes) },
    InstancesDistribution: {
      OnDemandAllocationStrategy: 'prioritized',
      OnDemandBaseCapacity: 0,
      OnDemandPercentageAboveBaseCapacity: 100,
      SpotAllocationStrategy: 'lowest-price',
    },
  };
}

function templateShape(template: LaunchTemplateReference): Shape {
  const { id, name, version, toldByNameAlone = false } = template;
  return { ...(!toldByNameAlone && { LaunchTemplateId: id }), LaunchTemplateName: name, Version: version };
}
