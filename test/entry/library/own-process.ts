/** A rehearsal whose rotations run through the library, in this process on the driven clock, against both peers. */
import { KubeConfig } from '@kubernetes/client-node';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import {
  rotateCluster,
  type RotationInput,
  type RotationMeans,
} from '../../../lambdas/entry/library/rotate-cluster.ts';
import { retireNode, type NodeInput } from '../../../lambdas/entry/library/retire-node.ts';
import type { RunMeans } from '../../../lambdas/entry/library/begin-run.ts';
import { Machines } from '../../machines.ts';
import { LOCAL_INSTALLATION } from '../../../lambdas/entry/library/run-ports.ts';
import type { DurableRun } from '../../../lambdas/workflow/ports/lambda.ts';
import { GROUP, Rehearsal, type RehearsalPlan } from '../../workflow/retirement/rehearsal.ts';

export class OwnProcess implements AsyncDisposable {
  readonly rehearsal: Rehearsal;
  readonly machines: Machines;
  readonly events: DomainEvent[] = [];

  private constructor(rehearsal: Rehearsal) {
    this.rehearsal = rehearsal;
    const { aws, kubernetes } = rehearsal;
    this.machines = new Machines({ aws, kubernetes });
    for (const instance of rehearsal.instances) this.machines.nodes.set(instance, rehearsal.nodeOf(instance));
    this.machines.follow({ seconds: 60 });
  }

  static async start(plan: RehearsalPlan = {}): Promise<OwnProcess> {
    const rehearsal = await Rehearsal.start({ metadata: null, ...plan });
    await rehearsal.ready();
    await rehearsal.clock.advance(600_000);
    return new OwnProcess(rehearsal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.rehearsal[Symbol.asyncDispose]();
  }

  rotate(input: Partial<RotationInput> = {}, means: Partial<RotationMeans> = {}) {
    const request = { cluster: 'production', pauseBetweenDrains: 0, ...input };
    return this.rehearsal.drive(rotateCluster(request, { ...this.means(), ...means }));
  }

  retire(input: Partial<NodeInput>, means: Partial<RunMeans> = {}) {
    return this.rehearsal.drive(retireNode({ cluster: 'production', ...input }, { ...this.means(), ...means }));
  }

  /** The retirement of the first node by another process, which dies when it begins that step. */
  dieAt(step: string): Promise<unknown> {
    const { aws, clock, ports, first } = this.rehearsal;
    const { accountId: account, region } = aws.account;
    const dying: DurableRun = {
      suspend: (name, seconds) => ports.run.suspend(name, seconds),
      step: (name, work) =>
        name === step ? Promise.reject(new Error('the process has died')) : ports.run.step(name, work),
    };
    const about = { account, region, instance: first.instance, group: GROUP, cluster: 'production', at: clock.now() };
    const terms = { detach: true, release: 'terminate', force: false, timeoutSeconds: 3_600 } as const;
    const home = { account, region, installation: LOCAL_INSTALLATION };
    const retired = this.rehearsal.retireBy({ kind: 'request', ...about, terms }, { home, run: dying });
    return this.rehearsal.drive(retired);
  }

  means(): RunMeans {
    const { aws, kubernetes } = this.rehearsal;
    const kubeconfig = new KubeConfig();
    kubeconfig.loadFromString(kubernetes.kubeconfig());
    // Batches of so few nodes have more than the usual share of the cluster leaving.
    const settings = { maxLeaving: 1 };
    return { aws: aws.clientConfig(), kubeconfig, settings, onEvent: (event) => this.events.push(event) };
  }
}
