/**
 * Ebb on the AWS peer, for one node of the user's own cluster: the peer plays its group, its instance and its hook, and a
 * proxy lets the functions into the cluster as the user of the kubeconfig.
 */
import { AutoScalingClient, TerminateInstanceInAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { kubernetesCluster } from '../../../lambdas/adapters/kubernetes/cluster.ts';
import type { KubernetesConnection } from '../../../lambdas/adapters/kubernetes/api/connection.ts';
import type { Cluster } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { AwsInstallation } from '../../installation.ts';
import { AwsPeer } from '../../peers/aws/peer.ts';
import type { Execution } from '../../peers/aws/lambda/durable/execution.ts';
import { DrivenClock } from '../../peers/clock.ts';
import { OwnClusterProxy } from '../../peers/own-cluster/proxy.ts';
import type { Upstream } from '../../peers/own-cluster/upstream.ts';
import { observe } from '../own-watch/observer.ts';
import { OWN_GROUP, type OwnConfiguration } from './own-configuration.ts';

export interface OwnPlan {
  readonly node: string;
  readonly upstream: Upstream;
  readonly configuration: OwnConfiguration;
}

export class OwnInstallation extends AwsInstallation {
  readonly instance: string;
  readonly proxy: OwnClusterProxy;
  /** The user's cluster, for looking on and for putting things back. */
  readonly connection: KubernetesConnection;
  readonly cluster: Cluster;

  private constructor(aws: AwsPeer, instance: string, proxy: OwnClusterProxy) {
    super(aws);
    this.instance = instance;
    this.proxy = proxy;
    this.connection = observe(proxy);
    this.cluster = kubernetesCluster(this.connection);
  }

  static async start({ node, upstream, configuration }: OwnPlan): Promise<OwnInstallation> {
    const { whole, cluster } = configuration;
    const aws = await AwsPeer.start({ clock: new DrivenClock() });
    aws.autoScaling.addGroup({ name: OWN_GROUP, desired: 0 });
    const instance = aws.autoScaling.addInstance(OWN_GROUP);
    // EC2 knows the machine by the name that its node has.
    aws.instances.get(instance).privateDnsName = node;
    const proxy = await OwnClusterProxy.start({
      upstream,
      disguise: { node, providerId: `aws:///peer/${instance}` },
      isFunction: async (bearer) => (await aws.sts.verifyEksToken(bearer, cluster.name)).ok,
    });
    aws.eks.addCluster({ name: cluster.name, endpoint: proxy.url, ca: proxy.ca });
    const installation = new OwnInstallation(aws, instance, proxy);
    try {
      installation.deploy(whole);
    } catch (error) {
      await installation.stop();
      throw error;
    }
    return installation;
  }

  /** The one retirement, once it has been started. */
  get execution(): Execution | undefined {
    return this.aws.lambda.executions[0];
  }

  async terminateInstance(): Promise<void> {
    const request = { InstanceId: this.instance, ShouldDecrementDesiredCapacity: true };
    const client = new AutoScalingClient(this.aws.clientConfig());
    await client.send(new TerminateInstanceInAutoScalingGroupCommand(request));
    client.destroy();
  }

  /** Ends the functions where they are; what they have sent to change something is answered first, or `within` is up. */
  async haltFunctions(within: number): Promise<void> {
    this.aws.lambda.stop();
    const late = new Promise<void>((resolve) => setTimeout(resolve, within).unref());
    await Promise.race([this.proxy.shutOut(), late]);
  }

  override async stop(): Promise<void> {
    await this.connection.close();
    await this.proxy.stop();
    await super.stop();
  }
}
