/**
 * Evacuates one compute host, a pass at a time (contract 11.1–11.3). A pass looks once at what Nova says, asks for what is
 * to be done, and remembers little. It may run twice or die in the middle: what counts stands in Nova's own records.
 */
import pMap from 'p-map';
import {
  computeDisabled,
  guestAborted,
  guestFailed,
  guestMigrating,
  guestStayed,
  hostEvacuated,
  type EvacuationSubject,
} from '../../core/events/evacuation-events.ts';
import { CloudAway } from '../../core/openstack/cloud-error.ts';
import { disabledReasonOf, isDisabledByUs } from '../../core/openstack/compute-service.ts';
import { decideSteps, retryTime, triesOf, type Step } from '../../core/openstack/evacuation.ts';
import { rememberGuest, type EvacuationMemory, type GuestMemory } from '../../core/openstack/evacuation-memory.ts';
import type { Guest } from '../../core/openstack/guest.ts';
import type { EvacuationOrder, EvacuationPass, EvacuationPorts } from './evacuation-order.ts';
import { baselineOf, readHost } from './read-host.ts';
import { rememberLeaving } from './remember-leaving.ts';

/** How soon Nova is asked again while migrations are under way, milliseconds. */
export const LOOK_MS = 2_000;

/** Requests to Nova at a time; it works on them one after another anyway. */
const AT_ONCE = 6;

/** @throws CloudAway, CloudRefused */
export async function evacuatePass(
  before: EvacuationMemory,
  order: EvacuationOrder,
  ports: EvacuationPorts,
): Promise<EvacuationPass> {
  const { cloud } = ports;
  const isFirst = before.after === undefined;
  let memory = await closed(before, order, ports);
  if (isFirst) memory = { ...memory, ...(await baselineOf(order, cloud)) };
  const state = await readHost(memory, order, cloud);
  memory = rememberNames(memory, [...state.guests, ...state.away]);
  // What was there before the first migration must be kept before that is asked for.
  if (isFirst) return { state: 'waiting', memory, waitingFor: [], dueAt: Date.now(), mustKeep: true };
  const leaving = await rememberLeaving(memory, state, { subject: order.subject, ports });
  memory = leaving.memory;
  const steps = decideSteps(state, memory, { now: Date.now(), deadline: order.deadline });
  const done = await pMap(steps, (step) => carryOut(step, memory, order, ports), { concurrency: AT_ONCE });
  for (const facts of done) if (facts !== undefined) memory = rememberGuest(memory, facts.id, facts.facts);
  const isOver = leaving.pending.length === 0 && steps.every(({ kind }) => kind === 'stay');
  return isOver ? ended(memory, steps, order, ports) : waiting(memory, steps, leaving.pending);
}

function rememberNames(memory: EvacuationMemory, guests: readonly Guest[]): EvacuationMemory {
  const unknown = guests.filter(({ id }) => !Object.hasOwn(memory.guests, id));
  return unknown.reduce((all, { id, name, tenant }) => rememberGuest(all, id, { name, tenant }), memory);
}

/** Lets Nova place no more guests on the host. What somebody else has disabled keeps their reason. */
async function closed(
  memory: EvacuationMemory,
  { subject, installation, why }: EvacuationOrder,
  { cloud, journal }: EvacuationPorts,
): Promise<EvacuationMemory> {
  const [service] = await cloud.services(subject.host);
  // With filters Nova leaves the hosts of a cell that is down out of its lists, without a word.
  if (service === undefined)
    throw new CloudAway(`Nova does not show the compute service of ${subject.host}: its cell may be down`);
  if (!service.isEnabled) {
    const by = isDisabledByUs(service, installation) ? 'us' : 'others';
    if (memory.disabledBy === undefined)
      journal.report(computeDisabled(subject, { by, reason: service.disabledReason ?? '' }));
    return { ...memory, disabledBy: by };
  }
  const reason = disabledReasonOf(installation, why);
  await cloud.disable(service, reason);
  journal.report(computeDisabled(subject, { by: 'us', reason }));
  return { ...memory, disabledBy: 'us' };
}

interface Facts {
  readonly id: string;
  readonly facts: { readonly [Fact in keyof GuestMemory]?: GuestMemory[Fact] | undefined };
}

/** Carries one step out. @returns what is to be remembered of the guest */
async function carryOut(
  step: Step,
  memory: EvacuationMemory,
  { subject }: EvacuationOrder,
  ports: EvacuationPorts,
): Promise<Facts | undefined> {
  const { guest } = step;
  const { [guest.id]: remembered = {} } = memory.guests;
  switch (step.kind) {
    case 'mean':
      return { id: guest.id, facts: { cold: true } };
    case 'migrate':
      return await migrate(step, remembered, subject, ports);
    case 'fail':
      return await rememberFailure(step, remembered, subject, ports);
    case 'confirm':
      await ports.cloud.confirm(guest);
      return undefined;
    case 'abort':
      await abort(step, subject, ports);
      return undefined;
    case 'wait':
    case 'stay':
      return undefined;
  }
}

/** Asks Nova to migrate a guest. A request that it refuses counts as a try; other answers are seen at the next look. */
async function migrate(
  { guest, how }: Extract<Step, { kind: 'migrate' }>,
  remembered: Pick<GuestMemory, 'failures' | 'refusals'>,
  subject: EvacuationSubject,
  { cloud, journal }: EvacuationPorts,
): Promise<Facts | undefined> {
  const attempt = triesOf(remembered) + 1;
  const answer = await cloud.migrate(guest, how);
  if (answer.kind === 'accepted') journal.report(guestMigrating(subject, guest, { how, attempt }));
  if (answer.kind !== 'refused') return undefined;
  const { reason } = answer;
  journal.report(guestFailed(subject, guest, { failures: attempt, reason }));
  const refusals = (remembered.refusals ?? 0) + 1;
  return { id: guest.id, facts: { refusals, reason, retryAt: retryTime(attempt, Date.now()) } };
}

async function abort(
  { guest, migration }: Extract<Step, { kind: 'abort' }>,
  subject: EvacuationSubject,
  { cloud, journal }: EvacuationPorts,
): Promise<void> {
  const answer = await cloud.abort(guest, migration);
  if (answer.kind === 'accepted') journal.report(guestAborted(subject, guest));
}

/** Reads why a migration has failed. */
async function rememberFailure(
  { guest, failures, status }: Extract<Step, { kind: 'fail' }>,
  { refusals }: Pick<GuestMemory, 'refusals'>,
  subject: EvacuationSubject,
  { cloud, journal }: EvacuationPorts,
): Promise<Facts> {
  const tries = failures + (refusals ?? 0);
  const reason = (await cloud.failureOf(guest)) ?? `its migration ended as ${status}`;
  journal.report(guestFailed(subject, guest, { failures: tries, reason }));
  return { id: guest.id, facts: { failures, reason, retryAt: retryTime(tries, Date.now()) } };
}

function ended(
  memory: EvacuationMemory,
  steps: readonly Step[],
  { subject, startedAt }: EvacuationOrder,
  { journal }: EvacuationPorts,
): EvacuationPass {
  const stayed = steps.flatMap((step) => {
    if (step.kind !== 'stay') return [];
    journal.report(guestStayed(subject, step.guest, { reason: step.reason }));
    const { id: guest, name, tenant } = step.guest;
    return [{ guest, name, tenant, reason: step.reason }];
  });
  const left = Object.values(memory.guests).map(({ left: how }) => how?.kind);
  const outcome = {
    moved: left.filter((kind) => kind === 'moved').length,
    gone: left.filter((kind) => kind === 'gone').length,
    stayed,
  };
  journal.report(
    hostEvacuated(subject, {
      ...outcome,
      stayed: stayed.map(({ name, reason }) => `${name} (${reason})`),
      seconds: Math.round((Date.now() - startedAt) / 100) / 10,
    }),
  );
  return { state: 'done', memory, outcome };
}

function waiting(memory: EvacuationMemory, steps: readonly Step[], pending: readonly string[]): EvacuationPass {
  const now = Date.now();
  const acted = steps.some(({ kind }) => kind !== 'wait' && kind !== 'stay');
  const soon = acted || pending.length > 0 || steps.some((step) => step.kind === 'wait' && step.until === undefined);
  const retries = steps.flatMap((step) => (step.kind === 'wait' && step.until !== undefined ? [step.until] : []));
  const mustKeep = steps.some(({ kind }) => kind === 'mean');
  return {
    state: 'waiting',
    memory,
    waitingFor: [...pending, ...steps.filter(({ kind }) => kind !== 'stay').map(({ guest }) => guest.name)],
    dueAt: mustKeep ? now : Math.min(soon ? now + LOOK_MS : Infinity, ...retries),
    mustKeep,
  };
}
