/** Begins the rotation that a request asks for, or says every fault of it (contract 10.1). */
import { MANAGED_TAG, managedValue } from '../../core/aws/installation.ts';
import { refusal, type AcceptedRotation, type Outcome } from '../../core/operator/outcome.ts';
import { rotationName } from '../../core/rotation/rotation-order.ts';
import { parseRotationRequest, type RotationRequest } from '../../core/rotation/rotation-request.ts';
import { orderRotation } from '../rotation/order-rotation.ts';
import { configured, notConfigured } from '../rotation/configured-clusters.ts';
import type { OperatorPorts } from './operator-ports.ts';

export async function requestRotation(given: unknown, ports: OperatorPorts): Promise<Outcome<AcceptedRotation>> {
  const parsed = parseRotationRequest(given);
  if ('faults' in parsed) return refusal('faulty', ...parsed.faults);
  const { request } = parsed;
  const faults = await faultsOf(request, ports);
  if (faults.length > 0) return refusal('faulty', ...faults);
  const ordered = await orderRotation(request, { history: ports.rotationHistory });
  if ('faults' in ordered) return refusal('conflict', ...ordered.faults);
  const { order } = ordered;
  const { id, since, at } = order;
  // One that goes on has its old id, and may have been stopped or paused under it.
  if ((await ports.controls.wanted(id)) !== 'go') await ports.controls.want(id, 'go');
  const started = await ports.rotations.start(rotationName(order, ports.home), order);
  if (started === 'already') {
    return refusal('conflict', `cluster: rotation ${id} of ${request.cluster} was asked for at the same time`);
  }
  return {
    kind: 'done',
    answer: { id, cluster: request.cluster, goesOn: since !== at, dryRun: request.dryRun },
  };
}

/** What the configuration and Auto Scaling say against it. The rotation itself looks at the rest (rotation-faults.ts). */
async function faultsOf({ cluster, groups }: RotationRequest, ports: OperatorPorts): Promise<readonly string[]> {
  const clusters = await configured(ports.settings);
  if (!clusters.some(({ name }) => name === cluster)) return [notConfigured(cluster, clusters)];
  if (groups === undefined) return [];
  const names = clusters.flatMap((each) => each.groups.map(({ name }) => name));
  const tag = { tag: MANAGED_TAG, value: managedValue(ports.home.installation) };
  const enrolled = new Set((await ports.groups.enrolled({ names, ...tag })).map(({ name }) => name));
  const known = [...enrolled].toSorted().join(', ') || 'none';
  return groups
    .filter((name) => !enrolled.has(name))
    .map((name) => `groups: ${name} is no enrolled group: name some of ${known}`);
}
