/** The EC2 instance: whether it runs, and what EC2 says of it when it answers. */
import type { Machine } from '../../../lambdas/core/node/dead-node.ts';
import type { Instances } from '../../../lambdas/workflow/ports/ec2.ts';
import { NODE } from './names.ts';
import type { World } from './world.ts';

export class ModelMachine {
  readonly #world: World;
  status: Machine = 'up';

  constructor(world: World) {
    const { faults } = world;
    this.#world = world;
    faults.when('instance stopped', () => {
      this.ends('stopped');
    });
    faults.when('instance terminated', () => {
      this.ends('terminated');
    });
  }

  ends(status: 'stopped' | 'terminated'): void {
    if (this.status === 'terminated') return;
    this.status = status;
    this.#world.node.kubeletDies();
    if (status === 'terminated') this.#world.node.losesItsMachine();
  }

  port(): Instances {
    const { faults } = this.#world;
    const said = <Word>(word: Word) => Promise.resolve(faults.holds('EC2 silent') ? undefined : word);
    return {
      identity: async (instance) => {
        const dnsName = await said(this.status === 'terminated' ? undefined : NODE);
        return { instance, ...(dnsName && { dnsName }), addresses: [] };
      },
      machine: () => said(this.status),
      purchase: () => said({ as: 'spot' }),
      scheduled: () => said([]),
    };
  }
}
