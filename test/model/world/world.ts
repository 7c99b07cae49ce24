/** Everything outside of a retirement: Auto Scaling, EC2 and the cluster of one scenario, and who watches over it. */
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import type { StartedRetirement } from '../../../lambdas/core/retirement/orphaned-hook.ts';
import { ModelGroup } from './auto-scaling.ts';
import { Faults } from '../run/faults.ts';
import { ModelMachine } from './machine.ts';
import { ModelNode } from './node.ts';
import { Pace } from './pace.ts';
import type { Scenario } from '../run/scenario.ts';
import { Volumes } from './volumes.ts';
import { Witness } from '../run/witness.ts';
import { Workloads } from './workloads.ts';

export class World {
  readonly scenario: Scenario;
  readonly faults: Faults;
  readonly witness: Witness;
  readonly node: ModelNode;
  readonly workloads: Workloads;
  readonly pace: Pace;
  readonly volumes: Volumes;
  readonly machine: ModelMachine;
  readonly group: ModelGroup;
  /** All retirements, as Lambda lists them. */
  readonly begun: StartedRetirement[] = [];
  /** Names of the retirements that run. */
  readonly running = new Set<string>();
  /** What was reported, and by which execution. */
  readonly told: { readonly event: DomainEvent; readonly execution: string; readonly at: number }[] = [];
  /** The cluster lets us in no more. */
  refuses = false;
  /** The cluster lets us do all but evict. */
  forbidsEvictions = false;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.faults = new Faults(scenario);
    this.witness = new Witness(this);
    this.node = new ModelNode(this);
    this.workloads = new Workloads(this);
    this.pace = new Pace(this);
    this.volumes = new Volumes(this);
    this.machine = new ModelMachine(this);
    this.group = new ModelGroup(this);
    this.faults.when('cluster refuses', () => {
      this.refuses = true;
    });
    this.faults.when('evictions forbidden', () => {
      this.forbidsEvictions = true;
    });
  }
}
