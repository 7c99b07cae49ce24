/**
 * A storm: thousands of instances that are to leave within seconds, as when a zone is evacuated. The shipped workflows of
 * router and retirement run on the driven clock, against AWS's rates and clusters in memory.
 */
import type { Notice } from '../../../lambdas/core/notice/notice.ts';
import { parseClusterParameter } from '../../../lambdas/entry/configuration/configuration.ts';
import { keepingSettings } from '../../../lambdas/entry/configuration/read-cluster-settings.ts';
import { retryStep } from '../../../lambdas/entry/durable-run/step-retry.ts';
import type { EventPorts, RoutePorts } from '../../../lambdas/workflow/notice/route-notice.ts';
import { listedNodes } from '../../../lambdas/adapters/clusters/listed-nodes.ts';
import { askedTogether } from '../../../lambdas/adapters/aws/asked-together.ts';
import { keepingGroupFacts } from '../../../lambdas/adapters/auto-scaling/kept-group-facts.ts';
import { startingPatiently } from '../../../lambdas/adapters/lambda/patient-starts.ts';
import { insistingOnMemberships, readingPatiently } from '../../../lambdas/adapters/auto-scaling/patient-reads.ts';
import type { DurableRun } from '../../../lambdas/workflow/ports/lambda.ts';
import type { Settings } from '../../../lambdas/workflow/ports/settings.ts';
import { retireNode } from '../../../lambdas/workflow/retirement/retire-node.ts';
import type { RetirementPorts } from '../../../lambdas/workflow/retirement/retirement.ts';
import { aNotice, NO_BUDGETS_ASKED, NO_LOAD_BALANCERS, NO_ZONAL_SHIFTS, NOON, NOTHING_REPLACED } from '../../given.ts';
import { onVirtualTime } from '../../model/run/virtual-time.ts';
import { dollarsFor } from '../../driving/retirement-cost.ts';
import { LIMITS, passing, Rates, type Limit, type Limited } from './rates.ts';
import { StormCluster } from './storm-cluster.ts';
import { HOOK, StormMachines, type Machine } from './storm-machines.ts';
import { StormRouting } from './storm-routing.ts';

export interface StormPlan {
  readonly notices: number;
  /** In which they come. */
  readonly seconds: number;
  readonly clusters: number;
  /** Nodes of each cluster that stay. */
  readonly stay: number;
  readonly podsPerNode: number;
  /** Calls a second that Auto Scaling allows; AWS publishes none. @default what is planned with */
  readonly autoScaling?: number;
}

export interface StormResult {
  readonly notices: number;
  /** Instances whose hook nobody completed, or whose pods were left. */
  readonly lost: number;
  /** Pods that were asked to go more than once. */
  readonly doubleDrains: number;
  /** Seconds from the event to the isolated node. */
  readonly isolatedP50: number;
  readonly isolatedP99: number;
  readonly isolatedLast: number;
  /** Seconds from an event to its retirement's start, at most. */
  readonly startedLast: number;
  /** Nodes of one cluster that drained at a time, at most. */
  readonly atOnce: number;
  /** Seconds from the first event to the last completed hook. */
  readonly seconds: number;
  readonly rates: readonly {
    readonly name: Limited;
    readonly peak: number;
    readonly calls: number;
    readonly throttled: number;
    readonly limit: Limit;
  }[];
  readonly executions: number;
  readonly operations: number;
  readonly billedSeconds: number;
  /** For compute, requests and durable operations, by AWS's published prices. */
  readonly dollars: number;
  /** Events that came again from the queue: the router had put them off, or failed. */
  readonly redelivered: number;
}

/** A cold start: from an invocation to the first line. */
const COLD_MS = 400;

/** Sandboxes among which Lambda spreads the invocations: its concurrency by default. */
const SANDBOXES = 1_000;

/** From EC2 Auto Scaling to the queue: EventBridge's latency, milliseconds. Assumed: AWS publishes none. */
const BUS_MS = 400;

export function runStorm(plan: StormPlan): Promise<StormResult> {
  const mostTurns = plan.notices * 5_000;
  return onVirtualTime(1, () => new Storm(plan).run(), { mostTurns });
}

class Storm {
  readonly #rates: Rates;
  readonly #machines: StormMachines;
  readonly #routing: StormRouting;
  readonly #clusters = new Map<string, StormCluster>();
  readonly #running = new Map<string, Promise<void>>();
  /** What each sandbox of the router, and of the retirement, keeps of answers. */
  readonly #sandboxes = new Map<string, Pick<RoutePorts, 'lifecycle' | 'nodes' | 'settings'>>();
  readonly #startedAfter: number[] = [];
  /** Names are remembered: a second start changes nothing. */
  readonly #started = new Set<string>();
  #operations = 0;
  #billedMs = 0;
  #executions = 0;
  #invocations = 0;

  constructor(plan: StormPlan) {
    const { notices, seconds, clusters, stay, podsPerNode, autoScaling } = plan;
    this.#rates = new Rates(autoScaling);
    this.#machines = new StormMachines({
      rates: this.#rates,
      podsOn: (machine) => this.#podsOn(machine),
      gone: ({ cluster, notice }) => this.#clusters.get(cluster)?.leave(notice.instance),
    });
    this.#routing = new StormRouting({
      portsOf: (sandbox) => this.#ports(`router ${sandbox}`),
      coldMs: COLD_MS,
    });
    for (let index = 0; index < clusters; index += 1) this.#addCluster(index, stay);
    for (let index = 0; index < notices; index += 1) {
      const instance = instanceId(index);
      const cluster = `cluster-${index % clusters}`;
      const arrivedAt = NOON + Math.floor((index * seconds * 1000) / notices);
      const notice = aNotice({ instance, group: groupOf(cluster), hook: HOOK, token: `token-${index}`, at: arrivedAt });
      this.#clusters.get(cluster)?.add(instance, podsPerNode);
      this.#machines.add({ notice, cluster, arrivedAt });
    }
  }

  async run(): Promise<StormResult> {
    await Promise.all(this.#machines.all.map((machine) => this.#deliver(machine)));
    // Each instance is retired in the end, or its hook gives up on it.
    while (this.#machines.all.some(({ completedAt }) => completedAt === undefined)) await passing(1_000);
    while (this.#running.size > 0) await Promise.all(this.#running.values());
    return this.#result();
  }

  #addCluster(index: number, stay: number): void {
    const cluster = new StormCluster((instance) => {
      const machine = this.#machines.of(instance);
      if (machine !== undefined) machine.isolatedAt ??= Date.now();
    });
    this.#clusters.set(`cluster-${index}`, cluster);
    for (let other = 0; other < stay; other += 1) cluster.add(instanceId(1_000_000 + index * 10_000 + other), 0);
  }

  /** At least once: every twentieth event comes twice. */
  async #deliver({ notice, arrivedAt }: Machine): Promise<void> {
    await passing(arrivedAt - Date.now() + BUS_MS);
    this.#routing.send(notice);
    if (Number(notice.token?.split('-')[1]) % 20 !== 0) return;
    await passing(1_000);
    this.#routing.send(notice);
  }

  #podsOn({ cluster, notice }: Machine): number {
    return this.#clusters.get(cluster)?.podsLeft(notice.instance) ?? 0;
  }

  #start(name: string, notice: Notice): void {
    const machine = this.#machines.of(notice.instance);
    if (machine === undefined || this.#started.has(name)) return;
    this.#started.add(name);
    this.#executions += 1;
    this.#invocations += 1;
    this.#startedAfter.push((Date.now() - machine.arrivedAt) / 1000);
    const run = this.#retire(notice).finally(() => this.#running.delete(name));
    this.#running.set(name, run);
  }

  async #retire(notice: Notice): Promise<void> {
    const begun = Date.now();
    const suspended = { ms: 0 };
    await passing(COLD_MS);
    try {
      const ports = this.#ports(`retirement ${Number.parseInt(notice.instance.slice(2), 16) % SANDBOXES}`);
      const lifecycle = readingPatiently(ports.lifecycle);
      await retireNode(notice, { ...ports, lifecycle, run: this.#durable(suspended) });
    } finally {
      this.#billedMs += Date.now() - begun - suspended.ms;
    }
  }

  #durable(suspended: { ms: number }): DurableRun {
    const kept = async <Outcome>(outcome: Outcome): Promise<Outcome> => {
      this.#operations += 1;
      return await this.#rates.call('Lambda checkpoints', () => JSON.parse(JSON.stringify(outcome)) as Outcome);
    };
    const suspend = async (seconds: number): Promise<void> => {
      this.#operations += 1;
      suspended.ms += seconds * 1000;
      this.#invocations += 1;
      await passing(seconds * 1000);
    };
    return {
      step: async (_name, work) => {
        for (let attempt = 1; ; attempt += 1) {
          try {
            return await kept(await work());
          } catch (error) {
            const { shouldRetry, delay } = retryStep(error as Error, attempt);
            if (!shouldRetry) throw error;
            await suspend(delay?.seconds ?? 1);
          }
        }
      },
      suspend: (_name, seconds) => suspend(seconds),
    };
  }

  #ports(sandbox: string): EventPorts & Omit<RetirementPorts, 'run'> {
    const { account, region } = aNotice();
    const rates = this.#rates;
    const settings: Settings = {
      cluster: askedTogether(10, (names) => rates.call('SSM GetParameter(s)', () => names.map(settingsOf))),
      names: () => Promise.resolve([]),
    };
    const clusters = { open: ({ name }: { readonly name: string }) => this.#open(name) };
    const isRouter = sandbox.startsWith('router');
    const kept = this.#sandboxes.get(sandbox) ?? {
      lifecycle: keepingGroupFacts(
        isRouter ? insistingOnMemberships(this.#machines.lifecycle) : this.#machines.lifecycle,
      ),
      nodes: listedNodes(clusters),
      settings: isRouter ? keepingSettings(settings) : settings,
    };
    this.#sandboxes.set(sandbox, kept);
    return {
      ...kept,
      hookName: HOOK,
      home: { account, region },
      reservations: { instancesIn: () => Promise.reject(new Error('no storm asks for this')) },
      clouds: { open: () => Promise.reject(new Error('no storm asks for this')) },
      instances: {
        identity: (id) => rates.call('EC2 Describe*', () => ({ instance: id, addresses: [] })),
        machine: () => rates.call('EC2 Describe*', () => 'up' as const),
        purchase: () => rates.call('EC2 Describe*', () => ({ as: 'on-demand' as const })),
        scheduled: () => rates.call('EC2 Describe*', () => []),
      },
      instanceTags: { tagsOf: () => Promise.resolve({}) },
      clusters,
      balancing: NO_LOAD_BALANCERS,
      zonalShifts: NO_ZONAL_SHIFTS,
      replacing: NOTHING_REPLACED,
      budgets: NO_BUDGETS_ASKED,
      running: {
        isRunning: (name) => Promise.resolve(this.#running.has(name)),
        started: () => Promise.reject(new Error('no budget is asked here')),
      },
      history: { started: () => Promise.resolve([]) },
      retirements: startingPatiently({
        start: (name, started) =>
          rates.call('Lambda durable starts', () => {
            this.#start(name, started);
            return 'started' as const;
          }),
      }),
      journal: { report: () => undefined },
    };
  }

  /** With methods that are bound: shipped code makes others of it. */
  #open(name: string): Promise<StormCluster> {
    const cluster = this.#clusters.get(name);
    if (cluster === undefined) throw new Error(`there is no cluster ${name}`);
    return Promise.resolve(
      new Proxy(cluster, {
        get: (target, key) => {
          const member: unknown = Reflect.get(target, key, target);
          return typeof member === 'function' ? (member.bind(target) as unknown) : member;
        },
      }),
    );
  }

  #result(): StormResult {
    const machines = this.#machines.all;
    const billedMs = this.#billedMs + this.#routing.billedMs;
    const isLost = (machine: Machine): boolean =>
      machine.lost === true || machine.completedAt === undefined || this.#podsOn(machine) > 0;
    const waits = machines
      .map(({ isolatedAt = Infinity, arrivedAt }) => (isolatedAt - arrivedAt) / 1000)
      .toSorted((a, b) => a - b);
    const asked = [...this.#clusters.values()].flatMap((cluster) => [...cluster.asked.values()]);
    const at = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? NaN;
    return {
      notices: machines.length,
      lost: machines.filter(isLost).length,
      doubleDrains: asked.filter((times) => times > 1).length,
      isolatedP50: at(0.5),
      isolatedP99: at(0.99),
      isolatedLast: at(1),
      startedLast: Math.max(...this.#startedAfter),
      atOnce: Math.max(...[...this.#clusters.values()].map(({ mostDraining }) => mostDraining)),
      seconds: (Math.max(...machines.map(({ completedAt = NOON }) => completedAt)) - NOON) / 1000,
      rates: (Object.keys(LIMITS) as Limited[]).map((name) => ({
        name,
        ...this.#rates.use(name),
        throttled: this.#rates.throttled.get(name) ?? 0,
        limit: this.#rates.limit(name),
      })),
      executions: this.#executions,
      operations: this.#operations,
      billedSeconds: Math.round(billedMs / 1000),
      dollars: dollarsFor({
        billedMs,
        invocations: this.#invocations + this.#routing.invocations,
        operations: this.#operations,
      }),
      redelivered: this.#routing.redelivered,
    };
  }
}

function groupOf(cluster: string): string {
  return `${cluster}-workers`;
}

function settingsOf(name: string) {
  const groups = [{ name: groupOf(name) }];
  return parseClusterParameter(JSON.stringify({ name, groups, drain: { impliedBudget: 'off' } }));
}

function instanceId(index: number): string {
  return `i-${index.toString(16).padStart(17, '0')}`;
}
