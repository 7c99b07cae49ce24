/**
 * The machines of an installation: each instance of the AWS peer is a node of the Kubernetes peer, from its boot to its
 * end. Neither peer knows of the other.
 */
import type { Instance } from './peers/aws/ec2/instances.ts';
import type { AwsPeer } from './peers/aws/peer.ts';
import type { KubernetesPeer } from './peers/kubernetes/peer.ts';
import type { NodePlan } from './peers/kubernetes/world/manifests.ts';

/** How an instance that a group has launched becomes a node. */
export interface Boot {
  /** Seconds from the launch to the node; Infinity for a machine that never joins. */
  readonly seconds: number;
  /** Seconds from joining to Ready; Infinity for a node that never is. @default 0 */
  readonly readySeconds?: number;
  /** The node joins with it, as with `node.cilium.io/agent-not-ready`. */
  readonly startupTaint?: StartupTaint;
}

export interface StartupTaint {
  readonly key: string;
  /** @default NoSchedule */
  readonly effect?: string;
  /** Seconds from joining until an agent takes it away; Infinity for one that stays. */
  readonly seconds: number;
}

interface Parts {
  readonly aws: AwsPeer;
  readonly kubernetes: KubernetesPeer;
}

export class Machines {
  /** Names of the nodes that there are or were, by instance. */
  readonly nodes = new Map<string, string>();
  /** Whether a cloud controller runs, which deletes the node of a machine that has ended. */
  cloudController = true;
  readonly #parts: Parts;
  readonly #boots = new Map<string, Partial<Boot>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * From now on each instance that a group launches joins as a node once it has booted. Each node goes with its machine,
   * whether its group ends it or, once it is detached, EC2.
   */
  follow(boot: Boot): void {
    const { aws, kubernetes } = this.#parts;
    aws.autoScaling.onLaunch(({ instanceId, groupName }) => {
      this.#bootLater(instanceId, { ...boot, ...this.#boots.get(groupName) });
    });
    aws.instances.onState(({ instanceId, state }) => {
      const node = this.nodes.get(instanceId);
      if (node === undefined || state !== 'shutting-down') return;
      kubernetes.terminateMachine(node, { nodeStays: !this.cloudController });
    });
  }

  /** From now on the instances that a group launches boot so; what is not given is as for all. */
  setBoot(groupName: string, boot: Partial<Boot>): void {
    this.#boots.set(groupName, boot);
  }

  /** An instance joins as a node at once; the node's name is the instance's private DNS name, as on EKS. */
  join(instanceId: string, plan: Omit<Partial<NodePlan>, 'name' | 'providerID' | 'zone'> = {}): void {
    const { aws, kubernetes } = this.#parts;
    const { zone } = aws.instances.get(instanceId);
    const name = this.nameOf(instanceId);
    this.nodes.set(instanceId, name);
    kubernetes.world.addNode({ ...plan, name, providerID: `aws:///${zone}/${instanceId}`, zone });
  }

  nameOf(instanceId: string): string {
    return this.#parts.aws.instances.get(instanceId).privateDnsName ?? '';
  }

  #bootLater(instanceId: string, { seconds, readySeconds = 0, startupTaint }: Boot): void {
    if (seconds === Infinity) return;
    const { aws } = this.#parts;
    aws.clock.after(seconds * 1000, () => {
      if (!isRunning(aws.instances.get(instanceId))) return;
      const taints = startupTaint === undefined ? {} : { taints: [taintOf(startupTaint)] };
      this.join(instanceId, { readySeconds, ...taints });
      if (startupTaint !== undefined) this.#untaintLater(instanceId, startupTaint);
    });
  }

  #untaintLater(instanceId: string, { key, seconds }: StartupTaint): void {
    if (seconds === Infinity) return;
    const { aws, kubernetes } = this.#parts;
    aws.clock.after(seconds * 1000, () => {
      kubernetes.world.removeTaint(this.nodes.get(instanceId) ?? '', key);
    });
  }
}

function isRunning({ state }: Instance): boolean {
  return state === 'running';
}

function taintOf({ key, effect = 'NoSchedule' }: StartupTaint): { key: string; effect: string } {
  return { key, effect };
}
