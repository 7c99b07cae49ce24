/**
 * The evacuation of a retirement's node as a stage, before its pods are evicted (contract 11.4). A node that is no compute
 * host is done at once. Keystone or Nova that are away are waited for; that they refuse Ebb is a result, because what it means
 * is for the kind of the retirement to say (evacuate-node.ts).
 */
import { cloudAway, evacuationFailed, type EvacuationSubject } from '../../core/events/evacuation-events.ts';
import type { Subject } from '../../core/events/retirement-events.ts';
import { DEFAULT_NAME } from '../../core/aws/installation.ts';
import type { Node } from '../../core/kubernetes/node.ts';
import { CloudAway, CloudRefused } from '../../core/openstack/cloud-error.ts';
import { hostNamesOf, serviceOf } from '../../core/openstack/compute-service.ts';
import { SETTLE_MS } from '../../core/openstack/evacuation.ts';
import type { EvacuationMemory } from '../../core/openstack/evacuation-memory.ts';
import type { OpenStackSettings } from '../../core/settings/openstack-settings.ts';
import type { Cloud, Clouds } from '../ports/openstack.ts';
import type { Retiree } from '../retirement/retiree.ts';
import type { Pass, PassContext, Stage } from '../run/stage.ts';
import type { EvacuationPass } from './evacuation-order.ts';
import { watchEvacuation } from './watch-evacuation.ts';

/** What the evacuation of a node came to. */
export type NodeEvacuation =
  /** The node is no compute host, or there is none any more. */
  | { readonly kind: 'no host' }
  | { readonly kind: 'evacuated'; readonly host: string }
  /** Guests stay; `reason` names them. `host` is absent when it could not be found. */
  | { readonly kind: 'left'; readonly host?: string; readonly reason: string };

export interface NodeEvacuationMemory {
  readonly host?: string;
  /** When it began, epoch milliseconds. */
  readonly startedAt?: number;
  readonly evacuation?: EvacuationMemory;
  readonly wasAway?: true;
}

export interface EvacuatedNode {
  readonly node: string;
  readonly openstack: OpenStackSettings;
  /** When nothing new is begun, and when the stage ends at the latest, epoch milliseconds. */
  readonly deadline: number;
}

/** How often Nova is asked again after a suspension, seconds. */
const PAUSE_SECONDS = 10;
const AWAY_SECONDS = 15;

export function evacuationStage(
  retiree: Retiree & { readonly ports: { readonly clouds: Clouds } },
  about: EvacuatedNode,
): Stage<NodeEvacuation, NodeEvacuationMemory> {
  return {
    name: 'evacuate',
    memory: {},
    until: about.deadline + 2 * SETTLE_MS,
    pauseSeconds: PAUSE_SECONDS,
    async pass(memory, context) {
      try {
        return await look(memory, context, { retiree, about });
      } catch (error) {
        if (!(error instanceof CloudAway || error instanceof CloudRefused)) throw error;
        return cutOff(error, memory, { context, retiree, about });
      }
    },
  };
}

interface Looking {
  readonly retiree: Retiree & { readonly ports: { readonly clouds: Clouds } };
  readonly about: EvacuatedNode;
}

type StagePass = Pass<NodeEvacuation, NodeEvacuationMemory>;

async function look(
  before: NodeEvacuationMemory,
  { subject, watchUntil, keep }: PassContext<NodeEvacuationMemory>,
  { retiree, about }: Looking,
): Promise<StagePass> {
  const { cluster, ports } = retiree;
  const node = await (await ports.clusters.open(cluster)).readNode(about.node);
  if (node === undefined) return { state: 'done', value: { kind: 'no host' } };
  const cloud = await ports.clouds.open(about.openstack);
  const host = before.host ?? (await hostOf(node, cloud));
  if (host === undefined) return { state: 'done', value: { kind: 'no host' } };
  const startedAt = before.startedAt ?? Date.now();
  const kept = { host, startedAt };
  const pass = await watchEvacuation(
    before.evacuation,
    {
      order: {
        subject: evacuationSubject(subject, host),
        installation: ports.home.installation ?? DEFAULT_NAME,
        why: `node ${about.node} is retired (${subject.execution})`,
        startedAt,
        deadline: about.deadline,
      },
      watchUntil,
      keep: (evacuation) => {
        keep({ ...kept, evacuation });
      },
    },
    { cloud, journal: ports.journal },
  );
  return stagePass(pass, kept);
}

function stagePass(pass: EvacuationPass, kept: { host: string; startedAt: number }): StagePass {
  if (pass.state === 'waiting') {
    const { memory: evacuation, waitingFor, dueAt } = pass;
    return { state: 'waiting', memory: { ...kept, evacuation }, waitingFor, dueAt };
  }
  const { host } = kept;
  const { stayed } = pass.outcome;
  if (stayed.length === 0) return { state: 'done', value: { kind: 'evacuated', host } };
  const reason = `guests stay on ${host}: ${stayed.map(({ name, reason: why }) => `${name} (${why})`).join(', ')}`;
  return { state: 'done', value: { kind: 'left', host, reason } };
}

/** @throws CloudRefused when the node names a host that Nova does not know */
async function hostOf(node: Node, cloud: Cloud): Promise<string | undefined> {
  const services = (await Promise.all(hostNamesOf(node).names.map((name) => cloud.services(name)))).flat();
  const found = serviceOf(node, services);
  if (found.kind === 'missing') throw new CloudRefused(found.reason);
  return found.kind === 'found' ? found.service.host : undefined;
}

function cutOff(
  { message: reason, name }: Error,
  memory: NodeEvacuationMemory,
  { context, retiree, about }: Looking & { context: PassContext<NodeEvacuationMemory> },
): StagePass {
  const { journal } = retiree.ports;
  const { host } = memory;
  const subject = evacuationSubject(context.subject, host ?? '');
  const now = Date.now();
  if (name === 'CloudAway' && now < about.deadline + SETTLE_MS) {
    if (memory.wasAway !== true) journal.report(cloudAway(subject, { reason }));
    const waiting = { ...memory, wasAway: true } as const;
    return { state: 'waiting', memory: waiting, waitingFor: [reason], dueAt: now + AWAY_SECONDS * 1000 };
  }
  journal.report(evacuationFailed(subject, { reason }));
  return { state: 'done', value: { kind: 'left', ...(host !== undefined && { host }), reason } };
}

function evacuationSubject({ execution, cluster, node }: Subject, host: string): EvacuationSubject {
  return { execution, cluster, host, ...(node !== undefined && { node }) };
}
