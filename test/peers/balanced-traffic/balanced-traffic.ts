/**
 * Requests at a constant rate through the balancers of the AWS peer, on the driven clock and without any network.
 *
 * A request goes to the next target that its balancer takes for healthy, lasts a while, and is served or fails. What
 * answers behind a target is the caller's to say, so that pods may come from any Kubernetes.
 */
import type { Backend } from '../aws/elastic-load-balancing/backends.ts';
import type { ElasticLoadBalancing } from '../aws/elastic-load-balancing/elastic-load-balancing.ts';
import type { Probe } from '../aws/elastic-load-balancing/health-checks.ts';
import type { Timetable, Timer } from '../aws/timetable.ts';
import { poolOf, type Destination, type Pool } from './pool.ts';

export interface TrafficPlan {
  /** A target group's ARN, or a classic load balancer's name. */
  readonly to: Destination;
  readonly perSecond: number;
  /** How long each request takes. */
  readonly durationMs: number;
  /**
   * Whether a new request to the instance (or address) and port is answered: a Ready pod is behind it. The balancer's
   * health checks ask the same.
   */
  readonly serves: Probe;
  /** Whether requests under way there go on. Default true: pods that end finish theirs, as long as the node runs. */
  readonly finishes?: Probe;
}

export interface FailedRequest {
  readonly at: number;
  /** Where it had been sent; undefined: nowhere. */
  readonly target: { readonly id: string; readonly port: number } | undefined;
  readonly reason: string;
}

/** What became of the requests so far. */
export interface Stream {
  readonly served: number;
  readonly inFlight: number;
  readonly failures: readonly FailedRequest[];
  /** When a request was last sent to the instance or address, in epoch milliseconds. */
  lastSentTo(id: string): number | undefined;
  /** Sends no more; those in flight go on to their end. */
  stop(): void;
}

/** How often requests are sent and looked at, in driven milliseconds. */
const RESOLUTION_MS = 100;

export class BalancedTraffic {
  readonly #elb: ElasticLoadBalancing;
  readonly #time: Timetable;

  /** @param peer the AWS peer whose balancers are sent the requests */
  constructor(peer: { readonly elasticLoadBalancing: ElasticLoadBalancing; readonly time: Timetable }) {
    this.#elb = peer.elasticLoadBalancing;
    this.#time = peer.time;
  }

  start(plan: TrafficPlan): Stream {
    const pool = poolOf(this.#elb, plan.to);
    this.#elb.checkHealth(pool.backends, plan.serves);
    return new RunningStream(plan, pool, { elb: this.#elb, time: this.#time });
  }
}

interface Request {
  readonly backend: Backend;
  readonly endsAt: number;
  readonly end: () => void;
}

class RunningStream implements Stream {
  served = 0;
  readonly failures: FailedRequest[] = [];
  readonly #plan: TrafficPlan;
  readonly #pool: Pool;
  readonly #elb: ElasticLoadBalancing;
  readonly #time: Timetable;
  readonly #startedAt: number;
  readonly #timer: Timer;
  readonly #lastSent = new Map<string, number>();
  #underWay: Request[] = [];
  #sent = 0;
  #turn = 0;
  #stopped = false;

  constructor(plan: TrafficPlan, pool: Pool, parts: { elb: ElasticLoadBalancing; time: Timetable }) {
    this.#plan = plan;
    this.#pool = pool;
    this.#elb = parts.elb;
    this.#time = parts.time;
    this.#startedAt = parts.time.now();
    this.#timer = parts.time.every(RESOLUTION_MS, () => {
      this.#pass();
    });
  }

  get inFlight(): number {
    return this.#underWay.length;
  }

  lastSentTo(id: string): number | undefined {
    return this.#lastSent.get(id);
  }

  stop(): void {
    this.#stopped = true;
  }

  #pass(): void {
    const now = this.#time.now();
    this.#underWay = this.#underWay.filter((request) => this.#goesOn(request, now));
    if (this.#stopped && this.#underWay.length === 0) this.#timer.cancel();
    if (this.#stopped) return;
    const due = Math.floor(((now - this.#startedAt) / 1000) * this.#plan.perSecond);
    for (; this.#sent < due; this.#sent += 1) this.#send(now);
  }

  #goesOn(request: Request, now: number): boolean {
    const broken = this.#whyBroken(request.backend);
    if (broken === undefined && now < request.endsAt) return true;
    request.end();
    if (broken === undefined) this.served += 1;
    else this.#fail(request.backend, broken);
    return false;
  }

  #send(now: number): void {
    const backend = this.#next();
    if (backend === undefined) {
      this.#fail(undefined, 'the balancer has no target in service');
      return;
    }
    this.#lastSent.set(backend.id, now);
    const refused = this.#whyRefused(backend);
    if (refused !== undefined) {
      this.#fail(backend, refused);
      return;
    }
    const end = this.#pool.backends.begin(backend, this.#pool.drainsEarly);
    this.#underWay.push({ backend, endsAt: now + this.#plan.durationMs, end });
  }

  #next(): Backend | undefined {
    const targets = this.#pool.targets();
    this.#turn += 1;
    return targets[this.#turn % targets.length];
  }

  #whyRefused({ id, port }: Backend): string | undefined {
    const stopped = this.#whyStopped(id);
    if (stopped !== undefined) return stopped;
    return this.#plan.serves(id, port) ? undefined : 'nothing answers at the target';
  }

  #whyBroken({ id, port }: Backend): string | undefined {
    const stopped = this.#whyStopped(id);
    if (stopped !== undefined) return stopped;
    if (this.#pool.closesAfterDraining() && this.#pool.backends.find(id, port) === undefined)
      return 'the balancer closed the connection at the end of the deregistration';
    return this.#plan.finishes?.(id, port) === false ? 'the target ended before the request' : undefined;
  }

  #whyStopped(id: string): string | undefined {
    const { state = 'running' } = this.#elb.instanceOf(id) ?? {};
    return state === 'running' ? undefined : `the instance is ${state}`;
  }

  #fail(backend: Backend | undefined, reason: string): void {
    const target = backend === undefined ? undefined : { id: backend.id, port: backend.port };
    this.failures.push({ at: this.#time.now(), target, reason });
  }
}
