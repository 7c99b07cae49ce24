/** Every case on the Kubernetes peer, by Ebb and by kubectl. */
import type { DrainCase, Measurement } from './drain-case.ts';
import { measureEbb } from './drain-ebb.ts';
import { measureKubectl } from './drain-kubectl.ts';

/** @param kubectl its version, if it is to be measured */
export async function benchPeer(cases: readonly DrainCase[], kubectl: string | undefined): Promise<Measurement[]> {
  const rows: Measurement[] = [];
  for (const drain of cases) {
    rows.push(await measureEbb(drain));
    if (kubectl !== undefined) rows.push(await measureKubectl(drain, kubectl));
  }
  return rows;
}
