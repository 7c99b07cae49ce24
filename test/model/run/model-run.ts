/** Runs the shipped workflow through a scenario, and tells what came of it. */
import { executionName, type LifecycleNotice, type Notice } from '../../../lambdas/core/notice/notice.ts';
import { parseClusterParameter } from '../../../lambdas/entry/configuration/configuration.ts';
import { retireNode } from '../../../lambdas/workflow/retirement/retire-node.ts';
import type { Retired, RetirementPorts } from '../../../lambdas/workflow/retirement/retirement.ts';
import {
  aNotice,
  NO_BUDGETS_ASKED,
  NO_LOAD_BALANCERS,
  NO_ZONAL_SHIFTS,
  NOON,
  NOTHING_REPLACED,
  SECOND,
} from '../../given.ts';
import { ClusterApi } from '../world/cluster-api.ts';
import { Crashes } from './crashes.ts';
import { DurableExecution } from './durable-execution.ts';
import { judgeEnd } from './judgement.ts';
import { CLUSTER, GROUP, HOOK } from '../world/names.ts';
import type { OuterPorts } from '../world/sandbox.ts';
import { noticedAt, type Crash, type Fault, type Scenario } from './scenario.ts';
import { onVirtualTime } from './virtual-time.ts';
import { World } from '../world/world.ts';

/** A planted bug: what stands between the workflow and its ports, and falsifies them. Made anew in each process. */
export type Bug = (ports: RetirementPorts) => RetirementPorts;

/** One retirement of the model's instance. */
export interface ModelRetirement {
  readonly name: string;
  readonly execution: DurableExecution;
  readonly ended: { readonly retired: Retired } | { readonly failed: Error };
}

export interface ModelRun {
  readonly world: World;
  /** In the order of their start. */
  readonly retirements: readonly ModelRetirement[];
  /** Which promises were broken, in words. */
  readonly broke: readonly string[];
  /** Which faults made a difference until the last retirement ended. */
  readonly met: ReadonlySet<Fault['kind']>;
}

/** @throws Error when the run waits for what never happens, or never ends */
export function runModel(scenario: Scenario, bug: Bug = (ports) => ports): Promise<ModelRun> {
  return onVirtualTime(scenario.seed, () => new ModelRunner(scenario, bug).run());
}

class ModelRunner {
  readonly #scenario: Scenario;
  readonly #bug: Bug;
  readonly #world: World;
  /** The first. */
  readonly #notice: LifecycleNotice;

  constructor(scenario: Scenario, bug: Bug) {
    this.#scenario = scenario;
    this.#notice = aNotice({ at: noticedAt(scenario) });
    this.#bug = bug;
    this.#world = new World(scenario);
  }

  async run(): Promise<ModelRun> {
    const world = this.#world;
    const retirements = await Promise.all([this.#retire(this.#notice, this.#scenario.crashes), ...this.#second()]);
    const met = new Set(world.faults.met);
    judgeEnd(world, retirements);
    if (world.group.ended !== undefined) await this.#again();
    return { world, retirements, broke: world.witness.broke, met };
  }

  #second(): Promise<ModelRetirement>[] {
    const { second } = this.#scenario;
    if (second === undefined) return [];
    const startsAt = NOON + second.startsAfterSeconds * SECOND;
    const at = Math.min(this.#notice.at - second.olderBySeconds * SECOND, startsAt);
    const notice = aNotice({ token: 'another-token', at });
    const starts = new Promise((resolve) => setTimeout(resolve, second.startsAfterSeconds * SECOND));
    return [starts.then(() => this.#retire(notice, []))];
  }

  /** The same notice once more, after all is over: it changes nothing (P4). */
  async #again(): Promise<void> {
    const { witness } = this.#world;
    witness.touchedBy.clear();
    await this.#retire(this.#notice, []);
    if (witness.touchedBy.size > 0) witness.broken('P4: a duplicate changes something');
  }

  async #retire(notice: Notice, crashes: readonly Crash[]): Promise<ModelRetirement> {
    const { begun, running, witness } = this.#world;
    const name = executionName(notice);
    const ports = this.#ports(name);
    witness.begun(name, notice.at);
    running.add(name);
    begun.push({ name, startedAt: Date.now() });
    const execution = new DurableExecution(
      (run, sandbox) => retireNode(notice, this.#bug({ ...sandbox.guard(ports, this.#world), run })),
      new Crashes(crashes, witness.pauses),
    );
    const ended = await execution.run().then(
      (retired) => ({ retired }),
      (failed: unknown) => ({ failed: failed as Error }),
    );
    running.delete(name);
    return { name, execution, ended };
  }

  #ports(execution: string): OuterPorts {
    const world = this.#world;
    const cluster = new ClusterApi(world, execution);
    const settings = settingsOf(this.#scenario);
    return {
      hookName: HOOK,
      home: { account: aNotice().account, region: aNotice().region },
      lifecycle: world.group.port(execution),
      instances: world.machine.port(),
      balancing: NO_LOAD_BALANCERS,
      zonalShifts: NO_ZONAL_SHIFTS,
      clouds: { open: () => Promise.reject(new Error('no cluster of the model has a cloud')) },
      replacing: NOTHING_REPLACED,
      budgets: NO_BUDGETS_ASKED,
      instanceTags: { tagsOf: () => Promise.resolve({}) },
      settings: { cluster: () => Promise.resolve(settings), names: () => Promise.resolve([CLUSTER]) },
      clusters: { open: () => cluster.request(() => cluster) },
      running: {
        isRunning: (name) => Promise.resolve(world.running.has(name)),
        started: () => Promise.resolve(world.begun.filter(({ name }) => world.running.has(name))),
      },
      history: { started: (since) => Promise.resolve(world.begun.filter(({ startedAt }) => startedAt >= since)) },
      journal: {
        report: (event) => {
          world.told.push({ event, execution, at: (Date.now() - NOON) / SECOND });
        },
      },
    };
  }
}

/** As a function reads them: a hook may be shorter than its group's configuration says, which synth would refuse. */
function settingsOf({ drain, node }: Scenario) {
  const { impliedBudget } = drain;
  const share = impliedBudget === 'off' ? impliedBudget : `${impliedBudget * 100}%`;
  const written = {
    name: CLUSTER,
    groups: [{ name: GROUP }],
    drain: { ...drain, impliedBudget: share },
    ...(node.heldUpUntil !== undefined && { maxDrains: 1 }),
  };
  return parseClusterParameter(JSON.stringify(written));
}
