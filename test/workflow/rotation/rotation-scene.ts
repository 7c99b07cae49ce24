/**
 * A rotation on both peers: the shipped workflow and adapters in this process, on the driven clock. Retirements that it
 * starts run beside it, as Lambda would run them.
 */
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { SSMClient } from '@aws-sdk/client-ssm';
import { capacity } from '../../../lambdas/adapters/auto-scaling/capacity.ts';
import { groupChanges } from '../../../lambdas/adapters/auto-scaling/group-changes.ts';
import { groups } from '../../../lambdas/adapters/auto-scaling/groups.ts';
import { alarms } from '../../../lambdas/adapters/cloudwatch/alarms.ts';
import { statusChecks } from '../../../lambdas/adapters/ec2/status-checks.ts';
import { launches } from '../../../lambdas/adapters/launch/launch-plans.ts';
import type { RotationOrder } from '../../../lambdas/core/rotation/rotation-order.ts';
import { ROUND_STEP } from '../../../lambdas/core/rotation/rotation-record.ts';
import type { RotationProgress } from '../../../lambdas/core/rotation/rotation-progress.ts';
import { rotationRequestSchema } from '../../../lambdas/core/rotation/rotation-request.ts';
import type { Control } from '../../../lambdas/workflow/ports/rotation.ts';
import { retireNode } from '../../../lambdas/workflow/retirement/retire-node.ts';
import { rotateCluster, type Rotated, type RotationPorts } from '../../../lambdas/workflow/rotation/rotate-cluster.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import type { Node } from '../../peers/kubernetes/storage/objects.ts';
import { Machines } from '../../machines.ts';
import { Rehearsal, type RehearsalPlan } from '../retirement/rehearsal.ts';

export class RotationScene implements AsyncDisposable {
  readonly rehearsal: Rehearsal;
  readonly machines: Machines;
  /** Whether each round is done twice, as after a crash before its checkpoint. */
  repeats = false;
  /** Whether the retirements that it starts do anything. */
  retires = true;
  /** Told how far it is after each round. */
  onProgress: (progress: RotationProgress) => void = () => undefined;
  /** Done after each round, before the next. */
  afterRound: () => Promise<void> = () => Promise.resolve();
  /** What the rotation\'s user wants of it. */
  control: Control = 'go';
  /** The most attached instances and the fewest Ready nodes that were seen at any instant. */
  readonly seen = { attached: 0, ready: Infinity };
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #begun = new Set<string>();

  private constructor(rehearsal: Rehearsal) {
    this.rehearsal = rehearsal;
    const { aws, kubernetes } = rehearsal;
    this.machines = new Machines({ aws, kubernetes });
    for (const instance of rehearsal.instances) this.machines.nodes.set(instance, rehearsal.nodeOf(instance));
    this.machines.follow({ seconds: 60 });
  }

  static async start(plan: RehearsalPlan = {}): Promise<RotationScene> {
    const scene = new RotationScene(await Rehearsal.start(plan));
    await scene.rehearsal.ready();
    // Nodes are old only when they were made before the rotation was asked for.
    await scene.rehearsal.clock.advance(600_000);
    scene.#look();
    return scene;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rehearsal[Symbol.asyncDispose]();
  }

  order(request: object = {}, more: Partial<RotationOrder> = {}): RotationOrder {
    const now = this.rehearsal.clock.now();
    const whole = rotationRequestSchema.parse({ cluster: 'production', pauseBetweenDrains: 0, ...request });
    return { id: 'r1', since: now, at: now, part: 1, request: whole, ...more };
  }

  /** Runs it, and the retirements that it starts, to their ends. */
  rotate(order: RotationOrder): Promise<Rotated> {
    return this.rehearsal.drive(
      rotateCluster(order, this.ports()).then(async (rotated) => {
        while (this.#running.size > 0) await Promise.all(this.#running.values());
        return rotated;
      }),
    );
  }

  ports(): RotationPorts {
    const { aws, ports, fleets } = this.rehearsal;
    const client = aws.clientConfig();
    const [autoScaling, ec2] = [new AutoScalingClient(client), new EC2Client(client)];
    return {
      ...ports,
      groups: groups(autoScaling),
      capacity: capacity(autoScaling),
      alarms: alarms(new CloudWatchClient(client)),
      changes: groupChanges({ autoScaling, eks: new EKSClient(client) }),
      launches: launches({ autoScaling, ec2, ssm: new SSMClient(client) }),
      statusChecks: statusChecks(ec2),
      fleets,
      run: {
        ...ports.run,
        step: (name, work) =>
          ports.run.step(name, async () => {
            if (this.repeats && name === ROUND_STEP) await work();
            const returned = await work();
            if (name !== ROUND_STEP) return returned;
            this.onProgress((returned as { progress: RotationProgress }).progress);
            await this.afterRound();
            return returned;
          }),
      },
      controls: {
        wanted: () => Promise.resolve(this.control),
        want: (_rotation, control) => {
          this.control = control;
          return Promise.resolve();
        },
      },
      rotations: { start: () => Promise.reject(new Error('so few nodes need no second part')) },
      running: { names: () => Promise.resolve([...this.#running.keys()]) },
      retirements: {
        start: (name, notice) => {
          if (this.#begun.has(name)) return Promise.resolve('already');
          this.#begun.add(name);
          if (!this.retires) return Promise.resolve('started');
          const isRunning = (other: string) => Promise.resolve(this.#running.has(other));
          const run = retireNode(notice, { ...ports, running: { ...ports.running, isRunning } })
            .catch(() => undefined)
            .finally(() => this.#running.delete(name));
          this.#running.set(name, run);
          return Promise.resolve('started');
        },
      },
    };
  }

  #look(): void {
    const { aws, kubernetes, instances } = this.rehearsal;
    const attached = instances.filter((each) => !aws.autoScaling.state(each)?.startsWith('Terminating'));
    this.seen.attached = Math.max(this.seen.attached, attached.length);
    const ready = kubernetes.store.list(nodes).filter(isReady);
    this.seen.ready = Math.min(this.seen.ready, ready.length);
    this.rehearsal.clock.after(5_000, () => {
      this.#look();
    });
  }
}

function isReady({ status }: Node): boolean {
  return status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false;
}
