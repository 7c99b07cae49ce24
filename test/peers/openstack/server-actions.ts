/** What may be asked of a server, in which state, and Nova's words when it may not. */
import type { ActionRecord, CloudState, Server } from './cloud.ts';
import type { Compute } from './compute.ts';
import { isAdmin, mustBeAdmin, type NovaContext } from './nova-context.ts';
import { noServer, NovaError } from './nova-error.ts';

interface Asked {
  readonly state: CloudState;
  readonly compute: Compute;
  readonly context: NovaContext;
}

/** @throws NovaError 404 for another tenant's too */
export function serverSeenBy({ servers }: CloudState, context: NovaContext): Server {
  const id = context.req.param('id') ?? '';
  const server = servers.get(id);
  const token = context.get('token');
  if (server === undefined || (server.project.id !== token.project.id && !isAdmin(token))) throw noServer(id);
  return server;
}

/** @returns the status of the answer, which has no body */
export function actOn({ asked, ...parts }: Asked & { asked: Readonly<Record<string, unknown>> }): number {
  const [action = '', ...others] = Object.keys(asked);
  const act = ACTIONS[action];
  if (act === undefined || others.length > 0) throw new NovaError(400, `There is no such action: ${action}`);
  return act(parts, asked[action]);
}

type Act = (parts: Asked, body: unknown) => number;

const ACTIONS: Readonly<Record<string, Act>> = {
  'os-migrateLive': migrateLive,
  migrate({ state, compute, context }) {
    mustBeAdmin(context, 'os-migrate-server:migrate');
    const server = serverSeenBy(state, context);
    mustBe(server, 'migrate', ['active', 'stopped']);
    compute.cold(server);
    return 202;
  },
  confirmResize({ state, compute, context }) {
    const server = serverSeenBy(state, context);
    mustBe(server, 'confirmResize', ['resized']);
    const migration = state.migrationOf(server.id);
    if (migration?.status !== 'finished') throw new NovaError(400, 'Instance has not been resized.');
    compute.confirm(server, migration);
    return 204;
  },
};

function migrateLive({ state, compute, context }: Asked, body: unknown): number {
  mustBeAdmin(context, 'os-migrate-server:migrate_live');
  const { host, block_migration: block, ...others } = body as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  // Since 2.25 `auto` is taken, and disk_over_commit is not.
  if (context.get('minor') >= 25 && unknown !== undefined)
    throw new NovaError(
      400,
      `Invalid input for field/attribute os-migrateLive. Additional properties are not allowed ('${unknown}' was unexpected)`,
    );
  if (context.get('minor') < 25 && block === 'auto')
    throw new NovaError(400, "Invalid input for field/attribute block_migration. Value: auto. 'auto' is not one of");
  const server = serverSeenBy(state, context);
  if (typeof host === 'string' && state.host(host) === undefined)
    throw new NovaError(400, `Compute host ${host} could not be found.`);
  mustBe(server, 'os-migrateLive', ['active', 'paused']);
  compute.live(server);
  return 202;
}

function mustBe({ id, vm, task }: Server, action: string, allowed: readonly Server['vm'][]): void {
  if (!allowed.includes(vm))
    throw new NovaError(409, `Cannot '${action}' instance ${id} while it is in vm_state ${vm}`);
  if (task !== null) throw new NovaError(409, `Cannot '${action}' instance ${id} while it is in task_state ${task}`);
}

/** Statuses in which a live migration is aborted, with the first minor version that does so. */
const ABORTED_SINCE: Readonly<Record<string, number>> = { running: 24, queued: 65, preparing: 65 };

export function abortMigration({ state, compute, context }: Asked): void {
  const server = serverSeenBy(state, context);
  const number = context.req.param('migration') ?? '';
  // The guest is looked at before its migration.
  if (server.task !== 'migrating')
    throw new NovaError(409, `Instance ${server.id} is in an invalid state for 'abort live migration'`);
  const migration = state.migrations.find((each) => each.server === server.id && String(each.id) === number);
  if (migration === undefined) throw new NovaError(404, `Migration ${number} not found for instance ${server.id}`);
  if (context.get('minor') < (ABORTED_SINCE[migration.status] ?? Infinity))
    throw new NovaError(
      400,
      `Migration ${number} state of instance ${server.id} is ${migration.status}. Cannot abort live migration while the migration is in this state.`,
    );
  compute.abort(server, migration);
}

export function actionsOf({ actions }: CloudState, { id }: Server): object[] {
  return actions
    .filter(({ server }) => server === id)
    .toReversed()
    .map(actionView);
}

export function oneAction({ actions }: CloudState, { id }: Server, context: NovaContext): object {
  const request = context.req.param('request') ?? '';
  const found = actions.find((each) => each.server === id && each.request === request);
  if (found === undefined) throw new NovaError(404, `Action for request_id ${request} on instance ${id} not found`);
  const events = found.events.map(({ event, result, details, at, host }) => ({
    event,
    start_time: stamp(at),
    finish_time: stamp(at),
    result,
    traceback: null,
    host,
    // Told since 2.84.
    ...(context.get('minor') >= 84 && { details }),
  }));
  return { ...actionView(found), events };
}

function actionView({ action, server, request, startedAt, updatedAt, message }: ActionRecord): object {
  return {
    action,
    instance_uuid: server,
    request_id: request,
    start_time: stamp(startedAt),
    message,
    updated_at: stamp(updatedAt),
  };
}

function stamp(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}.000000`;
}
