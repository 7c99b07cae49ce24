/** What is said of the events of compute hosts and their guests: one line each. */
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import { counted } from './report-words.ts';
import { good, plain, quiet, verb, wait, type Line } from './line.ts';

type Lines<Types extends DomainEvent['type']> = {
  readonly [Type in Types]: (event: Extract<DomainEvent, { type: Type }>) => Line | undefined;
};

export const evacuationLines: Lines<
  | 'compute.disabled'
  | 'compute.enabled'
  | 'guest.migrating'
  | 'guest.moved'
  | 'guest.failed'
  | 'guest.aborted'
  | 'guest.stayed'
  | 'host.evacuated'
  | 'evacuation.failed'
  | 'cloud.away'
  | 'cloud.unsynced'
  | 'hypervisors.synced'
> = {
  'compute.disabled': ({ host, by, reason }) =>
    plain(`nova-compute on ${host} disabled${by === 'us' ? '' : ' by somebody else before'}: ${reason}`),
  'compute.enabled': ({ host }) => verb('good', 'enabled', `nova-compute on ${host}`),
  'guest.migrating': ({ name, how, attempt }) =>
    verb('plain', 'migrates', `${name}, ${how}${attempt === 1 ? '' : `, try ${attempt}`}`),
  'guest.moved': ({ name, to, reason }) =>
    verb(reason === undefined ? 'good' : 'wait', 'moved', `${name} to ${to}`, reason),
  'guest.failed': ({ name, reason, failures }) => verb('wait', 'failed', `${name}, try ${failures}`, reason),
  'guest.aborted': ({ name }) => verb('wait', 'aborted', `${name}: time was up while it was queued`),
  'guest.stayed': ({ name, reason }) => verb('wait', 'stays', name, reason),
  'host.evacuated': ({ host, moved, stayed, seconds }) =>
    (stayed.length === 0 ? good : wait)(
      `${host}: ${counted(moved, 'guest')} moved, ${stayed.length === 0 ? 'none' : stayed.length} left, in ${seconds} s`,
    ),
  'evacuation.failed': ({ host, reason }) => wait(`${host} not evacuated: ${reason}`),
  'cloud.away': ({ reason }) => wait(`waiting for OpenStack: ${reason}`),
  'cloud.unsynced': ({ reason }) => wait(`compute services not looked at: ${reason}`),
  'hypervisors.synced': ({ hosts, started, enabled }) =>
    quiet(`sync: ${counted(hosts, 'compute host')}, ${started} evacuated, ${enabled} enabled`),
};
