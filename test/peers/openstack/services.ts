/** The compute services: how Nova shows them, and what it lets be changed. */
import type { CloudState, ComputeHost } from './cloud.ts';
import { NovaError } from './nova-error.ts';

export function serviceViews(
  { hosts }: CloudState,
  { host, binary = 'nova-compute' }: Record<string, string>,
  minor: number,
): object[] {
  if (binary !== 'nova-compute') return [];
  return hosts.filter(({ name }) => host === undefined || name === host).map((each) => serviceView(each, minor));
}

function serviceView({ id, number, name, status, state, reason, updatedAt }: ComputeHost, minor: number): object {
  return {
    binary: 'nova-compute',
    host: name,
    // A uuid since 2.53.
    id: minor >= 53 ? id : number,
    zone: 'nova',
    status,
    state,
    updated_at: new Date(updatedAt).toISOString().replace('Z', '000'),
    disabled_reason: reason,
    ...(minor >= 11 && { forced_down: false }),
  };
}

const LONGEST_REASON = 255;

export function updateService(state: CloudState, id: string, asked: Readonly<Record<string, unknown>>): object {
  if (!/^[0-9a-f-]{36}$/.test(id)) throw new NovaError(400, `Invalid uuid ${id}`);
  const { status, reason } = changeIn(asked);
  const host = state.hosts.find((each) => each.id === id);
  if (host === undefined) throw new NovaError(404, `Service ${id} could not be found.`);
  host.status = status;
  host.reason = reason;
  host.updatedAt = state.clock.now();
  return serviceView(host, 65);
}

/** @throws NovaError 400 */
function changeIn({ status, disabled_reason: reason = null }: Readonly<Record<string, unknown>>): {
  status: ComputeHost['status'];
  reason: string | null;
} {
  if (status !== 'enabled' && status !== 'disabled')
    throw new NovaError(400, `Invalid input for field/attribute status. Value: ${String(status)}.`);
  if (typeof reason !== 'string') return { status, reason: null };
  if (reason.length > LONGEST_REASON)
    throw new NovaError(
      400,
      `Invalid input for field/attribute disabled_reason. Value: ${reason}. '${reason}' is too long`,
    );
  if (status === 'enabled') throw new NovaError(400, "Specifying 'disabled_reason' with status 'enabled' is invalid.");
  return { status, reason };
}
