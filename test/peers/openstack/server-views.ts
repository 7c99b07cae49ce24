/** Servers as Nova shows them: whose, by which filters, and a page at a time. */
import { type CloudState, type Server, statusOf } from './cloud.ts';
import type { NovaContext } from './nova-context.ts';
import { forbidden, NovaError } from './nova-error.ts';

/** osapi_max_limit. */
const MOST = 1_000;

/**
 * Lists servers, the newest first. Only an administrator may see other tenants' and filter by host; for anybody else Nova
 * ignores `host` and answers with all of their own.
 */
export function pageOfServers({ servers }: CloudState, context: NovaContext, isAdmin: boolean): object {
  const { all_tenants: allTenants = '0', host, limit = String(MOST), marker } = context.req.query();
  const isAll = !['0', 'false'].includes(allTenants.toLowerCase());
  if (isAll && !isAdmin) throw forbidden('servers:detail:get_all_tenants');
  const { project } = context.get('token');
  const found = [...servers.values()]
    .filter((server) => isAll || server.project.id === project.id)
    .filter((server) => host === undefined || !isAdmin || server.host === host)
    .toReversed();
  const from = marker === undefined ? 0 : found.findIndex(({ id }) => id === marker) + 1;
  if (marker !== undefined && from === 0) throw new NovaError(400, `marker [${marker}] not found`);
  const size = Math.min(Number(limit), MOST);
  const page = found.slice(from, from + size);
  const last = page.at(-1);
  const isMore = from + page.length < found.length;
  return {
    servers: page.map((server) => serverView(server, isAdmin)),
    ...(isMore && last && { servers_links: [{ rel: 'next', href: nextHref(context, last.id, size) }] }),
  };
}

/** The address of the next page, by Nova's own idea of its address: behind a proxy that is another than the endpoint's. */
export function nextHref(context: NovaContext, marker: string, limit: number): string {
  const url = new URL(context.req.url);
  url.searchParams.set('limit', String(limit));
  url.searchParams.set('marker', marker);
  return `http://nova-behind-a-proxy.internal${url.pathname}${url.search}`;
}

export function serverView(server: Server, isAdmin: boolean): object {
  const { id, name, project, host, vm, task, fault, createdAt } = server;
  const stamp = `${new Date(createdAt).toISOString().slice(0, 19)}Z`;
  return {
    id,
    name,
    status: statusOf(server),
    tenant_id: project.id,
    metadata: {},
    created: stamp,
    updated: stamp,
    addresses: {},
    ...(isAdmin && {
      'OS-EXT-SRV-ATTR:host': host === '' ? null : host,
      'OS-EXT-SRV-ATTR:hypervisor_hostname': host === '' ? null : host,
    }),
    'OS-EXT-STS:task_state': task,
    'OS-EXT-STS:vm_state': vm,
    'OS-EXT-STS:power_state': vm === 'active' ? 1 : 4,
    locked: false,
    ...(fault !== undefined && { fault: { code: 500, created: stamp, message: fault } }),
  };
}
