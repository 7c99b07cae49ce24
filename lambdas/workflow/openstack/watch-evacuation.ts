/** Repeats the passes of an evacuation for as long as a step may watch: most guests have moved within a minute. */
import { NOTHING_EVACUATED, type EvacuationMemory } from '../../core/openstack/evacuation-memory.ts';
import { sleep } from '../run/sleep.ts';
import { evacuatePass } from './evacuate-host.ts';
import type { EvacuationOrder, EvacuationPass, EvacuationPorts } from './evacuation-order.ts';

export interface Watching {
  readonly order: EvacuationOrder;
  /** When the last pass ends at the latest, epoch milliseconds. */
  readonly watchUntil: number;
  /** Called with what to go on from, should the next pass be cut off. */
  readonly keep: (memory: EvacuationMemory) => void;
}

/** @throws CloudAway, CloudRefused */
export async function watchEvacuation(
  before: EvacuationMemory = NOTHING_EVACUATED,
  { order, watchUntil, keep }: Watching,
  ports: EvacuationPorts,
): Promise<EvacuationPass> {
  let memory = before;
  for (;;) {
    const pass = await evacuatePass(memory, order, ports);
    if (pass.state === 'done' || pass.mustKeep) return pass;
    memory = pass.memory;
    keep(memory);
    if (pass.dueAt >= watchUntil) return pass;
    await sleep(Math.max(0, pass.dueAt - Date.now()));
  }
}
