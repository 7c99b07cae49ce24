import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DEFAULT_NAME } from '../lambdas/core/aws/installation.ts';
import type { Configuration } from '../lambdas/entry/configuration/configuration.ts';
import { AlarmTopic } from './alarms/alarm-topic.ts';
import { ClusterAccess } from './cluster-access.ts';
import { fleetGroupOf } from './cluster-role/cluster-role.ts';
import { ClusterRotation } from './cluster-rotation.ts';
import { ClusterParameters } from './cluster-parameters.ts';
import { DriftTainter } from './drift-tainter.ts';
import { InterruptionRouting } from './routing/interruption-routing.ts';
import { LifecycleHooks } from './lifecycle-hooks.ts';
import { NodeRetirement } from './node-retirement.ts';
import { NodeSweep } from './node-sweep.ts';
import { hypervisorRoles } from './openstack/hypervisors.ts';
import { Operator } from './operator/operator.ts';
import { forbidSharedGroups } from './limits/other-installations.ts';
import { TrafficEndpoint } from './traffic-endpoint.ts';

export interface EbbStackProps extends StackProps {
  readonly configuration: Configuration;
}

/** Returns the name of the stack. Each installation has its own, so that none replaces another (contract 15.2). */
export function stackName({ name }: Pick<Configuration, 'name'>): string {
  return name === DEFAULT_NAME ? 'Ebb' : name;
}

/** One installation of Ebb: every cluster and group of its configuration, in one account and region. */
export class EbbStack extends Stack {
  constructor(scope: Construct, id: string, { configuration, ...props }: EbbStackProps) {
    super(scope, id, {
      description: 'Ebb: graceful node termination for Kubernetes on EC2',
      // Indentation would be a third of a large template, and CloudFormation counts it (contract 14.1).
      suppressTemplateIndentation: true,
      ...props,
    });
    forbidSharedGroups(this, configuration);
    const parameters = new ClusterParameters(this, 'Parameters', configuration);
    const retirement = new NodeRetirement(this, 'Retirement', { configuration, parameters });
    const routing = new InterruptionRouting(this, 'Routing', { configuration, parameters, retirement });
    const sweep = new NodeSweep(this, 'Sweep', { configuration, parameters, retirement });
    const drift = new DriftTainter(this, 'Drift', { configuration, parameters });
    const rotation = configuration.rotation
      ? new ClusterRotation(this, 'Rotation', { configuration, parameters, retirement })
      : undefined;
    const { kubernetesGroup, operator: wanted } = configuration;
    const operator =
      wanted && rotation
        ? new Operator(this, 'Operator', { configuration, operator: wanted, parameters, retirement, rotation })
        : undefined;
    const fleetGroup = fleetGroupOf(kubernetesGroup);
    const access = new ClusterAccess(this, 'Access', {
      configuration,
      holders: {
        Retirement: { role: retirement.role, group: kubernetesGroup },
        Router: { role: routing.role, group: fleetGroup },
        Sweep: { role: sweep.role, group: fleetGroup },
        Drift: { role: drift.role, group: fleetGroup },
        ...(rotation && { Rotation: { role: rotation.role, group: fleetGroup } }),
        ...(operator && { Operator: { role: operator.role, group: fleetGroup } }),
        ...hypervisorRoles(this, { configuration, parameters }, fleetGroup),
      },
    });
    // The hooks come last: no instance may wait in a hook before Ebb listens to it.
    new LifecycleHooks(this, 'Hooks', { configuration, after: [routing, access] });
    const { endpoint, alarms } = configuration;
    if (endpoint) new TrafficEndpoint(this, 'Traffic', { configuration, endpoint });
    if (alarms) new AlarmTopic(this, 'Alarms', alarms).tellOfAll();
    this.#outputs({ routing, retirement, sweep, drift, rotation });
  }

  #outputs({ routing, retirement, sweep, drift, rotation }: Functions): void {
    new CfnOutput(this, 'RetirementFunction', {
      value: retirement.alias.version.lambda.functionName,
      description: 'For ebb retirements',
    });
    new CfnOutput(this, 'DriftFunction', {
      value: drift.alias.version.lambda.functionName,
      description: 'For ebb drift',
    });
    new CfnOutput(this, 'SweepFunction', {
      value: sweep.alias.version.lambda.functionName,
      description: 'For ebb sweep',
    });
    if (rotation) this.#rotationOutputs(rotation);
    new CfnOutput(this, 'RouterRole', { value: routing.role.roleArn, description: 'Holds an access entry' });
    new CfnOutput(this, 'RetirementRole', { value: retirement.role.roleArn, description: 'Holds an access entry' });
    new CfnOutput(this, 'SweepRole', { value: sweep.role.roleArn, description: 'Holds an access entry' });
    new CfnOutput(this, 'DriftRole', { value: drift.role.roleArn, description: 'Holds an access entry' });
  }

  #rotationOutputs({ alias, role }: ClusterRotation): void {
    new CfnOutput(this, 'RotationFunction', { value: alias.functionArn, description: 'Takes requests of rotations' });
    new CfnOutput(this, 'RotationRole', { value: role.roleArn, description: 'Holds an access entry' });
  }
}

interface Functions {
  readonly routing: InterruptionRouting;
  readonly retirement: NodeRetirement;
  readonly sweep: NodeSweep;
  readonly drift: DriftTainter;
  readonly rotation: ClusterRotation | undefined;
}
