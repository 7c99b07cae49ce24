/** A peer with a load balancer and target groups, for tests of their calls. */
import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  type TargetDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { DrivenClock } from '../../../clock.ts';
import type { ElasticLoadBalancing } from '../elastic-load-balancing.ts';
import type { TargetGroup, TargetGroupPlan } from '../target-group.ts';
import { AwsPeer } from '../../peer.ts';

export class TargetGroupsGiven {
  readonly clock: DrivenClock;
  readonly peer: AwsPeer;
  readonly elb: ElasticLoadBalancing;
  readonly client: ElasticLoadBalancingV2Client;
  readonly #uninstall: () => void;

  private constructor(parts: { clock: DrivenClock; peer: AwsPeer; uninstall: () => void }) {
    this.clock = parts.clock;
    this.peer = parts.peer;
    this.elb = parts.peer.elasticLoadBalancing;
    this.client = new ElasticLoadBalancingV2Client({ ...parts.peer.clientConfig(), maxAttempts: 1 });
    this.#uninstall = parts.uninstall;
  }

  static async start(): Promise<TargetGroupsGiven> {
    const clock = new DrivenClock({ stands: true });
    const uninstall = clock.install();
    return new TargetGroupsGiven({ clock, peer: await AwsPeer.start({ clock }), uninstall });
  }

  /** A group on port 30080 of the balancer `front`. */
  usedGroup(plan: Partial<TargetGroupPlan> = {}): TargetGroup {
    this.elb.addLoadBalancer({ name: 'front' });
    return this.elb.addTargetGroup({ name: 'web', port: 30080, loadBalancers: ['front'], ...plan });
  }

  /** Such a group with a running instance registered on its port and on 30443. */
  served(plan: Partial<TargetGroupPlan> = {}): { group: TargetGroup; id: string } {
    const group = this.usedGroup(plan);
    const { instanceId: id } = this.peer.instances.launch();
    this.elb.register(group.arn, [{ id }, { id, port: 30443 }]);
    return { group, id };
  }

  /** Id, port, state and reason of each target, as DescribeTargetHealth tells them. */
  async health({ arn }: TargetGroup, Targets?: TargetDescription[]): Promise<unknown[][]> {
    const { TargetHealthDescriptions = [] } = await this.client.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: arn, Targets }),
    );
    return TargetHealthDescriptions.map(({ Target, TargetHealth }) => [
      Target?.Id,
      Target?.Port,
      TargetHealth?.State,
      TargetHealth?.Reason,
    ]);
  }

  deregister({ arn }: TargetGroup, Targets: TargetDescription[]): Promise<unknown> {
    return this.client.send(new DeregisterTargetsCommand({ TargetGroupArn: arn, Targets }));
  }

  register({ arn }: TargetGroup, Targets: TargetDescription[]): Promise<unknown> {
    return this.client.send(new RegisterTargetsCommand({ TargetGroupArn: arn, Targets }));
  }

  async stop(): Promise<void> {
    this.client.destroy();
    await this.peer.stop();
    this.#uninstall();
  }
}
