/**
 * An evacuation on request, or by the sync (contract 11.4): a durable run of rounds. A round watches for a minute at most;
 * between two rounds the run suspends. What it came to is its result, and events tell it too.
 */
import { cloudAway, evacuationFailed, type EvacuationSubject } from '../../core/events/evacuation-events.ts';
import { DEFAULT_NAME, type Home } from '../../core/aws/installation.ts';
import { ClusterAway, ClusterError } from '../../core/kubernetes/cluster-error.ts';
import { CloudAway, CloudError } from '../../core/openstack/cloud-error.ts';
import { SETTLE_MS } from '../../core/openstack/evacuation.ts';
import { NOTHING_EVACUATED, type EvacuationMemory } from '../../core/openstack/evacuation-memory.ts';
import type { EvacuationRequest } from '../../core/openstack/evacuation-request.ts';
import { mergePatch, patched } from '../../core/retirement/merge-patch.ts';
import type { Journal } from '../ports/journal.ts';
import type { DurableRun } from '../ports/lambda.ts';
import { beginEvacuation, type BeginPorts, type Begun } from './begin-evacuation.ts';
import type { Evacuated, EvacuationOrder } from './evacuation-order.ts';
import { watchEvacuation } from './watch-evacuation.ts';

export interface RunPorts extends BeginPorts {
  readonly journal: Journal;
  readonly run: DurableRun;
  readonly home: Home;
}

/**
 * What it came to. `left`: guests stayed. `stopped`: its node was cordoned no more. `refused`: nothing was changed.
 * `failed`: it was given up, and guests may be left.
 */
export interface EvacuationResult extends Partial<Evacuated> {
  readonly result: 'evacuated' | 'left' | 'stopped' | 'refused' | 'failed';
  readonly host?: string;
  readonly reason?: string;
}

/** How long one round watches, and how long it is suspended at most, milliseconds and seconds. */
const WATCHED_MS = 60_000;
const SUSPENDED_SECONDS = 10;
const AWAY_SECONDS = 15;

/** How long the cluster or the cloud may be away before the evacuation begins, milliseconds. */
const BEGINS_FOR_MS = 600_000;

interface Round {
  readonly changed?: unknown;
  /** From now on nothing new is begun, epoch milliseconds. */
  readonly stoppedAt?: number;
  readonly pauseSeconds: number;
  readonly end?: EvacuationResult;
  readonly away?: true;
}

/** @param execution the run's name, for events */
export async function runEvacuation(
  request: EvacuationRequest,
  execution: string,
  ports: RunPorts,
): Promise<EvacuationResult> {
  const begun = await begin(request, execution, ports);
  if (begun.kind === 'refused') return { result: 'refused', reason: begun.reason };
  let memory: EvacuationMemory = NOTHING_EVACUATED;
  let stoppedAt: number | undefined;
  let wasAway = false;
  for (;;) {
    const before = { memory, stoppedAt, wasAway };
    const round: Round = await ports.run.step('evacuate', () =>
      evacuationRound(before, { request, execution, begun, ports }),
    );
    if (round.end !== undefined) return { host: begun.host, ...round.end };
    memory = patched(memory, round.changed) as EvacuationMemory;
    stoppedAt ??= round.stoppedAt;
    wasAway = round.away === true;
    if (round.pauseSeconds > 0) await ports.run.suspend('evacuate', round.pauseSeconds);
  }
}

async function begin(request: EvacuationRequest, execution: string, ports: RunPorts): Promise<Begun> {
  const until = await ports.run.step('begin-until', () => Promise.resolve(Date.now() + BEGINS_FOR_MS));
  for (let tries = 1; ; tries += 1) {
    const begun = await ports.run.step('begin', async (): Promise<Begun | { kind: 'away' }> => {
      try {
        const found = await beginEvacuation(request, ports);
        return found.kind === 'begun'
          ? found
          : refusedBecause(found.reason, request, { execution, journal: ports.journal });
      } catch (error) {
        if (!(error instanceof CloudAway || error instanceof ClusterAway)) throw error;
        const { message: reason } = error;
        if (Date.now() >= until) return refusedBecause(reason, request, { execution, journal: ports.journal });
        if (tries === 1) ports.journal.report(cloudAway(subjectOf(request, execution), { reason }));
        return { kind: 'away' };
      }
    });
    if (begun.kind !== 'away') return begun;
    await ports.run.suspend('begin', AWAY_SECONDS);
  }
}

function refusedBecause(
  reason: string,
  request: EvacuationRequest,
  { execution, journal }: { execution: string; journal: Journal },
): Begun {
  journal.report(evacuationFailed(subjectOf(request, execution), { reason }));
  return { kind: 'refused', reason };
}

interface About {
  readonly request: EvacuationRequest;
  readonly execution: string;
  readonly begun: Extract<Begun, { kind: 'begun' }>;
  readonly ports: RunPorts;
}

interface Before {
  readonly memory: EvacuationMemory;
  readonly stoppedAt: number | undefined;
  readonly wasAway: boolean;
}

async function evacuationRound(before: Before, about: About): Promise<Round> {
  let { memory } = before;
  const changed = (): Pick<Round, 'changed'> => {
    const patch = mergePatch(before.memory, memory);
    return patch === undefined ? {} : { changed: patch };
  };
  try {
    const stoppedAt = before.stoppedAt ?? (await stopTime(about));
    const pass = await watchEvacuation(
      memory,
      { order: orderOf(about, stoppedAt), watchUntil: Date.now() + WATCHED_MS, keep: (kept) => (memory = kept) },
      { cloud: await cloudOf(about), journal: about.ports.journal },
    );
    if (pass.state === 'done') return { pauseSeconds: 0, end: endOf(pass.outcome, stoppedAt !== undefined) };
    memory = pass.memory;
    const pauseSeconds = Math.min(SUSPENDED_SECONDS, Math.max(0, Math.ceil((pass.dueAt - Date.now()) / 1000)));
    return { ...changed(), ...(stoppedAt !== undefined && { stoppedAt }), pauseSeconds };
  } catch (error) {
    if (!(error instanceof CloudError || error instanceof ClusterError)) throw error;
    return { ...changed(), ...cutOff(error, before.wasAway, about) };
  }
}

/** A cloud that is away is waited for until the deadline; one that refuses Ebb ends the evacuation. */
function cutOff(error: Error, wasAway: boolean, about: About): Round {
  const { message: reason } = error;
  const isAway = error instanceof CloudAway || error instanceof ClusterAway;
  const { journal } = about.ports;
  if (isAway && Date.now() < about.begun.deadline + SETTLE_MS) {
    if (!wasAway) journal.report(cloudAway(subjectOf(about.request, about.execution, about.begun.host), { reason }));
    return { pauseSeconds: AWAY_SECONDS, away: true };
  }
  journal.report(evacuationFailed(subjectOf(about.request, about.execution, about.begun.host), { reason }));
  return { pauseSeconds: 0, end: { result: 'failed', reason } };
}

/** Since when the node is cordoned no more, where that ends the evacuation; epoch milliseconds. */
async function stopTime({ request, ports }: About): Promise<number | undefined> {
  const { whileCordoned, node, cluster: name } = request;
  if (!whileCordoned || node === undefined) return undefined;
  const cluster = await ports.settings.cluster(name);
  if (cluster === undefined) return undefined;
  const found = await (await ports.clusters.open(cluster)).readNode(node);
  return found === undefined || found.unschedulable ? undefined : Date.now();
}

async function cloudOf({ request, ports }: About): ReturnType<BeginPorts['clouds']['open']> {
  const openstack = (await ports.settings.cluster(request.cluster))?.openstack;
  if (openstack === undefined) throw new CloudAway(`cluster ${request.cluster} has no field openstack any more`);
  return await ports.clouds.open(openstack);
}

function orderOf({ request, execution, begun, ports }: About, stoppedAt: number | undefined): EvacuationOrder {
  const { host, startedAt, deadline } = begun;
  const { node, whileCordoned } = request;
  return {
    subject: subjectOf(request, execution, host),
    installation: ports.home.installation ?? DEFAULT_NAME,
    why: `${node === undefined ? `host ${host}` : `node ${node}`} is ${whileCordoned ? 'cordoned' : 'evacuated'} (${execution})`,
    startedAt,
    deadline: Math.min(deadline, stoppedAt ?? Infinity),
  };
}

function subjectOf({ cluster, host, node }: EvacuationRequest, execution: string, found?: string): EvacuationSubject {
  return { execution, cluster, host: found ?? host ?? '', ...(node !== undefined && { node }) };
}

function endOf(outcome: Evacuated, isStopped: boolean): EvacuationResult {
  if (isStopped) return { result: 'stopped', reason: 'its node is cordoned no more', ...outcome };
  return { result: outcome.stayed.length === 0 ? 'evacuated' : 'left', ...outcome };
}
