/** Groups and what they launch, on an AWS peer, and the port that tells what they would launch. */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { groups } from '../../../lambdas/adapters/auto-scaling/groups.ts';
import { launches } from '../../../lambdas/adapters/launch/launch-plans.ts';
import type { Launches } from '../../../lambdas/workflow/ports/ec2.ts';
import type { GroupPlan } from '../../peers/aws/auto-scaling/group-plan.ts';
import type { LaunchTemplateData } from '../../peers/aws/ec2/launch-templates.ts';
import type { Credentials } from '../../peers/aws/iam/credentials.ts';
import { AwsGiven } from '../aws/given.ts';

export const REQUIREMENTS = { vCpuCount: { min: 2 }, memoryMiB: { min: 4_096 } };

export class LaunchGiven implements AsyncDisposable {
  readonly #given: AwsGiven;

  private constructor(given: AwsGiven) {
    this.#given = given;
  }

  static async start(): Promise<LaunchGiven> {
    return new LaunchGiven(await AwsGiven.start());
  }

  get aws(): AwsGiven['aws'] {
    return this.#given.aws;
  }

  /** A template with these versions; the first is the default. */
  template(...versions: readonly LaunchTemplateData[]): string {
    const [data = {}, ...later] = versions;
    const { id } = this.aws.launchTemplates.create({ name: `nodes-${crypto.randomUUID()}`, data });
    for (const each of later) this.aws.launchTemplates.addVersion({ id }, each);
    return id;
  }

  /** Without instances, so that nothing is wrong with what they would be launched from. */
  group(plan: Partial<GroupPlan> = {}): void {
    this.aws.autoScaling.addGroup({ name: 'workers', desired: 0, ...plan });
  }

  port(credentials?: Credentials): Launches {
    const config = { ...this.aws.clientConfig(credentials), maxAttempts: 1 };
    const clients = {
      autoScaling: new AutoScalingClient(config),
      ec2: new EC2Client(config),
      ssm: new SSMClient(config),
    };
    return launches(clients);
  }

  /** The plans of all groups. */
  async plans(port = this.port()): Promise<Awaited<ReturnType<Launches['plans']>>> {
    const { autoScaling } = this.aws;
    const names = [...autoScaling.groups.keys()];
    return await port.plans(
      await groups(new AutoScalingClient(this.aws.clientConfig())).enrolled({ names, tag: 'ebb/managed' }),
    );
  }

  async plan() {
    return (await this.plans()).get('workers');
  }

  credentialsFor(...actions: readonly string[]): Credentials {
    return this.#given.credentialsFor(...actions);
  }

  count(action: string): number {
    return this.#given.count(action);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#given[Symbol.asyncDispose]();
  }
}
