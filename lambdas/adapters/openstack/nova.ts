/** The calls to Nova: each in one place, in the domain's words (contract 11.1–11.3). */
import { CloudAway, CloudRefused } from '../../core/openstack/cloud-error.ts';
import type { Guest, GuestAnswer } from '../../core/openstack/guest.ts';
import type { Cloud } from '../../workflow/ports/openstack.ts';
import { answerWords } from './answer-words.ts';
import {
  actionAnswer,
  actionsAnswer,
  guestFrom,
  migrationFrom,
  migrationsAnswer,
  nextMarker,
  read,
  serverAnswer,
  serversAnswer,
  serviceFrom,
  servicesAnswer,
} from './nova-answers.ts';
import { hasFailed, type NovaAsk, type NovaSession } from './nova-session.ts';
import type { Answer } from './transport.ts';

/** Wallaby: the first version in which an action tells the details of its error. */
const TELLS_DETAILS = '2.84';

/** Most pages of a list, of a thousand each: a cloud that gives more gives the same page again and again. */
const MOST_PAGES = 200;

export function nova(session: NovaSession): Cloud {
  const asked = (ask: NovaAsk): Promise<Answer> => session.ask(ask);
  const action = async (guest: Guest, body: object): Promise<GuestAnswer> =>
    guestAnswer(await asked({ method: 'POST', path: `${serverPath(guest.id)}/action`, body, mayFail: true }));
  return {
    async services(host) {
      const query = { binary: 'nova-compute', ...(host !== undefined && { host }) };
      const answer = await asked({ method: 'GET', path: '/os-services', query });
      const { services } = read(servicesAnswer, done(answer, 'services'), 'services');
      return services.map(serviceFrom).filter((service) => host === undefined || service.host === host);
    },
    async disable({ id }, reason) {
      const body = { status: 'disabled', disabled_reason: reason };
      done(await asked({ method: 'PUT', path: `/os-services/${encodeURIComponent(id)}`, body }), 'the service');
    },
    async enable({ id }) {
      const body = { status: 'enabled' };
      done(await asked({ method: 'PUT', path: `/os-services/${encodeURIComponent(id)}`, body }), 'the service');
    },
    async guestsOn(host) {
      // Both: for somebody who is no administrator Nova ignores `host`, but refuses `all_tenants`.
      const query = { all_tenants: '1', host };
      const found = await pages(session, { path: '/servers/detail', query }, (body) => {
        const { servers, servers_links: links } = read(serversAnswer, body, 'servers');
        return { items: servers.map(guestFrom), links };
      });
      return found.filter((guest) => guest.host === host);
    },
    async guest(id) {
      const answer = await asked({ method: 'GET', path: serverPath(id) });
      if (answer.status === 404) return undefined;
      return guestFrom(read(serverAnswer, done(answer, 'a server'), 'a server').server);
    },
    async migrationsFrom(host, since) {
      const query = { source_compute: host, 'changes-since': new Date(since).toISOString() };
      return await pages(session, { path: '/os-migrations', query }, (body) => {
        const { migrations, migrations_links: links } = read(migrationsAnswer, body, 'migrations');
        const ours = migrations.filter(({ source_compute: source }) => source === host);
        return { items: ours.map(migrationFrom), links };
      });
    },
    migrate: (guest, how) =>
      action(guest, how === 'cold' ? { migrate: null } : { 'os-migrateLive': { host: null, block_migration: 'auto' } }),
    confirm: (guest) => action(guest, { confirmResize: null }),
    async abort(guest, { id }) {
      const path = `${serverPath(guest.id)}/migrations/${id}`;
      return guestAnswer(await asked({ method: 'DELETE', path, mayFail: true }));
    },
    failureOf: (guest) => failureOf(guest, session),
  };
}

function serverPath(id: string): string {
  return `/servers/${encodeURIComponent(id)}`;
}

/** The body of an answer that says yes. @throws CloudRefused */
function done(answer: Answer, what: string): unknown {
  if (answer.status < 300) return answer.body;
  throw new CloudRefused(`Nova refuses what was asked about ${what}: ${answerWords(answer)}`);
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly links: Parameters<typeof nextMarker>[0];
}

async function pages<Item>(
  session: NovaSession,
  { path, query }: { path: string; query: Readonly<Record<string, string>> },
  readPage: (body: unknown) => Page<Item>,
): Promise<readonly Item[]> {
  const all: Item[] = [];
  let marker: string | undefined;
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const answer = await session.ask({
      method: 'GET',
      path,
      query: { ...query, ...(marker !== undefined && { marker }) },
    });
    const { items, links } = readPage(done(answer, path));
    all.push(...items);
    marker = nextMarker(links);
    if (marker === undefined) return all;
  }
  throw new CloudAway(`Nova’s list ${path} does not end after ${MOST_PAGES} pages`);
}

/** Words of Nova's 409 for a guest that has changed since it was looked at: the next look decides. */
const CHANGED = /task_state|vm_state|invalid state|not been resized/i;

function guestAnswer(answer: Answer): GuestAnswer {
  const { status } = answer;
  if (status < 300) return { kind: 'accepted' };
  if (status === 404) return { kind: 'gone' };
  const reason = answerWords(answer);
  if (hasFailed(answer)) return { kind: 'unknown', reason };
  return CHANGED.test(reason) ? { kind: 'busy', reason } : { kind: 'refused', reason };
}

/** Only the records of actions tell why a live migration failed. Older clouds tell no more than that it did. */
async function failureOf({ id }: Guest, session: NovaSession): Promise<string | undefined> {
  const path = `${serverPath(id)}/os-instance-actions`;
  const ask = { method: 'GET', microversion: TELLS_DETAILS, isOptional: true } as const;
  const list = await session.ask({ ...ask, path });
  if (list.status !== 200) return undefined;
  const { instanceActions: actions } = read(actionsAnswer, list.body, 'actions');
  // The latest comes first. One that was rolled back has no message, and an earlier one's would be another reason.
  const latest = actions.find(({ action }) => /migra/i.test(action));
  if (latest?.message == null) return undefined;
  const one = await session.ask({ ...ask, path: `${path}/${encodeURIComponent(latest.request_id)}` });
  if (one.status !== 200) return undefined;
  const { events = [] } = read(actionAnswer, one.body, 'an action').instanceAction;
  return events.map(({ details }) => details).find((details) => details != null && details !== '') ?? undefined;
}
