/**
 * What a balancer sends requests to: instances or addresses that are registered, checked, drained and then gone.
 *
 * Target groups and classic load balancers both have such a pool; how its states are named on the wire is theirs.
 */
import type { Timetable, Timer } from '../timetable.ts';

export interface Backend {
  /** An instance id or an IP address. */
  readonly id: string;
  readonly port: number;
  /** The Availability Zone, when the registration named one. */
  readonly zone: string | undefined;
  /** Until then it is not yet in service, in epoch milliseconds. */
  readonly initialUntil: number;
  /** What its health checks have come to. */
  healthy: boolean;
  /** How many checks in a row have said otherwise. */
  contrary: number;
  /** When its draining ends, in epoch milliseconds; undefined: it is not being deregistered. */
  drainingUntil: number | undefined;
  /** Requests that it is serving. */
  inFlight: number;
}

/** Something that happened to a backend. */
export interface BackendEvent {
  readonly at: number;
  readonly kind: 'registered' | 'draining' | 'gone' | 'healthy' | 'unhealthy';
  /** The ARN of the target group, or the name of the classic load balancer. */
  readonly pool: string;
  readonly id: string;
  readonly port: number;
}

interface Parts {
  /** The pool's name in events. */
  readonly name: string;
  readonly time: Timetable;
  readonly events: BackendEvent[];
  /** Milliseconds that a backend drains; 0: it goes at once. */
  readonly drainingTime: (backend: Backend) => number;
}

export interface Registration {
  readonly id: string;
  readonly port: number;
  readonly zone?: string | undefined;
  /** Milliseconds until it is in service. */
  readonly initial: number;
}

interface Leaving {
  readonly timer: Timer;
  readonly then: (() => void)[];
}

export class Backends {
  readonly #parts: Parts;
  readonly #all = new Map<string, Backend>();
  readonly #leaving = new Map<Backend, Leaving>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Those registered and those that drain. */
  get all(): Backend[] {
    return [...this.#all.values()];
  }

  find(id: string, port: number): Backend | undefined {
    return this.#all.get(`${id} ${port}`);
  }

  /** Registers it; one that drains comes back into service, one in service stays as it is. */
  register({ id, port, zone, initial }: Registration): Backend {
    const { time } = this.#parts;
    const known = this.find(id, port);
    if (known !== undefined && known.drainingUntil === undefined) return known;
    if (known !== undefined) this.#end(known, 'back');
    const backend: Backend = {
      id,
      port,
      zone,
      initialUntil: time.now() + initial,
      healthy: true,
      contrary: 0,
      drainingUntil: undefined,
      inFlight: known?.inFlight ?? 0,
    };
    this.#all.set(`${id} ${port}`, backend);
    this.#note(backend, 'registered');
    return backend;
  }

  /** Deregisters it, and calls `then` once it has gone: at once when there is nothing to drain. */
  deregister(backend: Backend, then: () => void = () => undefined): void {
    const leaving = this.#leaving.get(backend);
    if (leaving !== undefined) {
      leaving.then.push(then);
      return;
    }
    const { time, drainingTime } = this.#parts;
    const milliseconds = drainingTime(backend);
    if (milliseconds <= 0) {
      this.#end(backend, 'gone');
      then();
      return;
    }
    backend.drainingUntil = time.now() + milliseconds;
    const timer = time.after(milliseconds, () => {
      this.#end(backend, 'gone');
    });
    this.#leaving.set(backend, { timer, then: [then] });
    this.#note(backend, 'draining');
  }

  /** Sets what health checks have come to. */
  setHealthy(backend: Backend, healthy: boolean): void {
    backend.contrary = 0;
    if (backend.healthy === healthy) return;
    backend.healthy = healthy;
    this.#note(backend, healthy ? 'healthy' : 'unhealthy');
  }

  /** Counts a request in. Call the answer when it has ended. */
  begin(backend: Backend, endsEarly: boolean): () => void {
    backend.inFlight += 1;
    return () => {
      backend.inFlight -= 1;
      if (endsEarly && backend.inFlight === 0 && backend.drainingUntil !== undefined) this.#end(backend, 'gone');
    };
  }

  #end(backend: Backend, how: 'gone' | 'back'): void {
    const leaving = this.#leaving.get(backend);
    leaving?.timer.cancel();
    this.#leaving.delete(backend);
    this.#all.delete(`${backend.id} ${backend.port}`);
    if (how === 'gone') this.#note(backend, 'gone');
    for (const then of leaving?.then ?? []) then();
  }

  #note({ id, port }: Backend, kind: BackendEvent['kind']): void {
    const { events, name, time } = this.#parts;
    events.push({ at: time.now(), kind, pool: name, id, port });
  }
}
