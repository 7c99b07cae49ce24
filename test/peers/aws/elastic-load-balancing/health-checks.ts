/** Health checks at their intervals: a backend turns only after so many results in a row that say otherwise. */
import type { Instances } from '../ec2/instances.ts';
import type { Timetable } from '../timetable.ts';
import type { Backend, Backends } from './backends.ts';
import type { HealthCheck } from './target-group.ts';

/** Whether a node or pod answers on a port: asked with a target's id (instance id or address). */
export type Probe = (id: string, port: number) => boolean;

interface Checked {
  readonly backends: Backends;
  readonly check: HealthCheck;
  probe: Probe | undefined;
}

export class HealthChecks {
  readonly #time: Timetable;
  readonly #instances: Instances;
  readonly #checked: Checked[] = [];

  constructor(parts: { time: Timetable; instances: Instances }) {
    this.#time = parts.time;
    this.#instances = parts.instances;
  }

  add(backends: Backends, check: HealthCheck): void {
    this.#checked.push({ backends, check, probe: undefined });
  }

  /** Starts the checks of a pool, or has another answer them. */
  start(backends: Backends, probe: Probe): void {
    const checked = this.#checked.find((each) => each.backends === backends);
    if (checked === undefined) return;
    const first = checked.probe === undefined;
    checked.probe = probe;
    if (first) this.#follow(checked);
  }

  #follow(checked: Checked): void {
    this.#time.every(checked.check.interval * 1000, () => {
      for (const backend of checked.backends.all) this.#check(checked, backend);
    });
  }

  #check({ backends, check, probe }: Checked, backend: Backend): void {
    const passes = this.#runs(backend.id) && (probe?.(backend.id, backend.port) ?? true);
    if (passes === backend.healthy) {
      backend.contrary = 0;
      return;
    }
    backend.contrary += 1;
    const needed = passes ? check.healthyThreshold : check.unhealthyThreshold;
    if (backend.contrary >= needed) backends.setHealthy(backend, passes);
  }

  #runs(id: string): boolean {
    const state = this.#instances.find(id)?.state;
    return state === undefined || state === 'running';
  }
}
