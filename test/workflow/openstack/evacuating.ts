/** An evacuation on the OpenStack peer, on a driven clock, as the durable run would do it. */
import { onTestFinished } from 'vitest';
import { clouds } from '../../../lambdas/adapters/openstack/clouds.ts';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import { clusterSchema, type ClusterSettings } from '../../../lambdas/core/settings/cluster-settings.ts';
import { parseEvacuationRequest } from '../../../lambdas/core/openstack/evacuation-request.ts';
import { runEvacuation, type EvacuationResult } from '../../../lambdas/workflow/openstack/run-evacuation.ts';
import type { DurableRun } from '../../../lambdas/workflow/ports/lambda.ts';
import type { Cluster } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { novaDrainConfig } from '../../adapters/openstack/given.ts';
import { DrivenClock } from '../../peers/clock.ts';
import type { Server } from '../../peers/openstack/cloud.ts';
import { OpenStackPeer } from '../../peers/openstack/peer.ts';

const EXECUTION = '111122223333-eu-central-1-evacuate-0a1b2c3d-4e5f6a7b';
const realSetTimeout = globalThis.setTimeout;

/** The longest pause of an evacuation, with room; a request's own time limit is longer, and must never be jumped to. */
const LONGEST_PAUSE_MS = 31_000;

export class Evacuating {
  readonly clock: DrivenClock;
  readonly peer: OpenStackPeer;
  readonly events: DomainEvent[] = [];
  /** What each step returned, as a checkpoint keeps it. */
  readonly checkpoints: string[] = [];
  /** Nodes of the cluster, by name: whether each is cordoned. */
  readonly nodes = new Map<string, { unschedulable: boolean }>();
  settings: ClusterSettings;
  /** Called with each event. */
  onEvent: (event: DomainEvent) => void = () => undefined;
  /** Called before each step; throws to end the run there. */
  beforeStep: (step: number) => void = () => undefined;

  private constructor(clock: DrivenClock, peer: OpenStackPeer) {
    this.clock = clock;
    this.peer = peer;
    this.settings = clusterSchema.parse({
      name: 'prod',
      openstack: { secret: 'ebb/openstack', hosts: peer.hosts, allowHttp: true },
    });
  }

  /** Two hosts, hv-a and hv-b, and no guests. */
  static async start(): Promise<Evacuating> {
    const clock = new DrivenClock({ stands: true });
    const restore = clock.install();
    const peer = await OpenStackPeer.start({ clock });
    for (const host of ['hv-a', 'hv-b']) peer.state.addHost(host);
    onTestFinished(async () => {
      restore();
      await peer.stop();
    });
    return new Evacuating(clock, peer);
  }

  guest(name: string, facts: Partial<Server> & { tenant?: string } = {}): Server {
    const { tenant = 'admin', ...others } = facts;
    return this.peer.state.addServer(name, { project: this.peer.state.project(tenant), host: 'hv-a', ...others });
  }

  /** Does something once, as soon as the first guest is asked to leave. */
  onceMigrating(act: () => void): void {
    this.onEvent = ({ type }) => {
      if (type !== 'guest.migrating') return;
      this.onEvent = () => undefined;
      act();
    };
  }

  /** Runs the evacuation to its end. @param known what an earlier, interrupted run has kept */
  run(request: object, known: readonly string[] = []): Promise<EvacuationResult> {
    const parsed = parseEvacuationRequest(request);
    if ('faults' in parsed) throw new Error(parsed.faults.join('; '));
    return this.#driven(runEvacuation(parsed.request, EXECUTION, this.#ports(known)));
  }

  /** Names of the events that have happened, with the guest's. */
  get told(): string[] {
    return this.events.map((event) => ('name' in event ? `${event.type} ${event.name}` : event.type));
  }

  /** Hosts of all guests, by name. */
  get hosts(): Record<string, string> {
    return Object.fromEntries([...this.peer.state.servers.values()].map(({ name, host }) => [name, host]));
  }

  #ports(known: readonly string[]) {
    const { peer, settings } = this;
    const secrets: Record<string, string> = { 'ebb/openstack': novaDrainConfig(peer) };
    return {
      home: { account: '111122223333', region: 'eu-central-1' },
      settings: {
        cluster: (name: string) => Promise.resolve(name === 'prod' ? settings : undefined),
        names: () => Promise.resolve(['prod']),
      },
      clusters: {
        open: () => Promise.resolve({ readNode: (name: string) => Promise.resolve(this.#node(name)) } as Cluster),
      },
      clouds: clouds((id) => Promise.resolve(secrets[id] ?? '')),
      journal: {
        report: (event: DomainEvent) => {
          this.events.push(event);
          this.onEvent(event);
        },
      },
      run: this.#durableRun(known),
    };
  }

  #node(name: string): Awaited<ReturnType<Cluster['readNode']>> {
    const node = this.nodes.get(name);
    if (node === undefined) return undefined;
    return { name, uid: name, resourceVersion: '1', taints: [], labels: {}, annotations: {}, createdAt: 0, ...node };
  }

  #durableRun(known: readonly string[]): DurableRun {
    let steps = 0;
    return {
      step: async <Outcome>(_name: string, work: () => Promise<Outcome>): Promise<Outcome> => {
        steps += 1;
        const kept = known[steps - 1];
        if (kept !== undefined) return JSON.parse(kept) as Outcome;
        this.beforeStep(steps);
        const text = JSON.stringify(await work());
        this.checkpoints.push(text);
        return JSON.parse(text) as Outcome;
      },
      suspend: (_name, seconds) => this.clock.sleep(seconds * 1000),
    };
  }

  /** Jumps the clock while nothing is asked of the cloud, until the work is done. */
  async #driven<Outcome>(work: Promise<Outcome>): Promise<Outcome> {
    const state = { isDone: false };
    const ended = work.finally(() => (state.isDone = true));
    ended.catch(() => undefined);
    for (;;) {
      await new Promise((resolve) => realSetTimeout(resolve, 2));
      if (state.isDone) return await ended;
      const { clock, peer } = this;
      const due = clock.nextDue;
      if (due !== undefined && peer.activity.idle && due - clock.now() <= LONGEST_PAUSE_MS) await clock.jumpTo(due);
    }
  }
}
