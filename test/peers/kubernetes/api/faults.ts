/** Faults to be injected per request, and on the watches that are open. The protocol's own refusals are not faults. */
import type { Denial } from '../eviction/admission.ts';
import type { RequestInfo } from './request-info.ts';
import { resourceText } from './request-info.ts';
import type { WatchStream } from './watch-stream.ts';

/** Which requests a fault hits: all that are given must hold. */
export interface Match {
  method?: string;
  path?: RegExp;
  /** RBAC's verb: `list`, `watch`, `create`. */
  verb?: string;
  /** `pods`, `pods/eviction`. */
  resource?: string;
  user?: string;
  /** How many requests it hits. @default Infinity */
  times?: number;
}

export type Effect =
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** The connection is reset before the request is handled. */
  | { readonly kind: 'reset' }
  /** The request is handled, then the connection is reset. */
  | { readonly kind: 'loseAnswer' }
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly body: string;
    }
  /** An admission denies the change that is asked for. */
  | { readonly kind: 'deny'; readonly denial: Denial }
  /** The watch opens and never sends anything. */
  | { readonly kind: 'stallWatch' }
  /** The watch's connection is cut after so many events. */
  | { readonly kind: 'cutWatch'; readonly afterEvents: number }
  /** The watch ends at once with a 410 as an ERROR event. */
  | { readonly kind: 'expireWatch' }
  /** The watch sends one byte per chunk. */
  | { readonly kind: 'dripWatch' };

export interface Fault {
  readonly match: Match;
  readonly effect: Effect;
  /** How many requests it has hit. */
  hits: number;
  remove(): void;
}

export class Faults {
  readonly #faults = new Set<Fault>();
  /** The watches that are open now. */
  readonly watches = new Set<WatchStream>();

  add(match: Match, effect: Effect): Fault {
    const fault: Fault = { match, effect, hits: 0, remove: () => this.#faults.delete(fault) };
    this.#faults.add(fault);
    return fault;
  }

  delay(match: Match, milliseconds: number): Fault {
    return this.add(match, { kind: 'delay', milliseconds });
  }

  reset(match: Match): Fault {
    return this.add(match, { kind: 'reset' });
  }

  loseAnswer(match: Match): Fault {
    return this.add(match, { kind: 'loseAnswer' });
  }

  /** Any answer in the place of the real one; an object body is sent as JSON. */
  answer(match: Match, status: number, body: object | string = '', headers: Record<string, string> = {}): Fault {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' ? 'text/plain' : 'application/json';
    return this.add(match, { kind: 'answer', status, headers: { 'content-type': type, ...headers }, body: text });
  }

  /** API priority and fairness: a 429 in plain text with Retry-After, as the filter writes it. */
  tooManyRequests(match: Match, retryAfterSeconds = 1): Fault {
    const headers = { 'retry-after': String(retryAfterSeconds) };
    return this.answer(match, 429, 'Too many requests, please try again later.\n', headers);
  }

  /** Requests that change something are denied by an admission; reads never are. */
  deny(match: Match, denial: Denial): Fault {
    return this.add(match, { kind: 'deny', denial });
  }

  denyEviction(match: Match, webhook: string, message: string, code = 403): Fault {
    return this.deny({ resource: 'pods/eviction', ...match }, { by: 'webhook', name: webhook, message, code });
  }

  stallWatch(match: Match): Fault {
    return this.add({ verb: 'watch', ...match }, { kind: 'stallWatch' });
  }

  cutWatch(match: Match, afterEvents = 0): Fault {
    return this.add({ verb: 'watch', ...match }, { kind: 'cutWatch', afterEvents });
  }

  expireWatch(match: Match): Fault {
    return this.add({ verb: 'watch', ...match }, { kind: 'expireWatch' });
  }

  dripWatch(match: Match): Fault {
    return this.add({ verb: 'watch', ...match }, { kind: 'dripWatch' });
  }

  /** Does something to the open watches of a resource (`pods`), or to all: `(watch) => watch.cut()`. */
  toOpenWatches(act: (watch: WatchStream) => void, resource?: string): void {
    for (const watch of [...this.watches]) if (resource === undefined || watch.resource.plural === resource) act(watch);
  }

  /** The effect for a request, which counts as a hit. The fault that was added first wins. */
  take(request: RequestInfo, user: string): Effect | undefined {
    for (const fault of this.#faults) {
      if (!isHit(fault, request, user)) continue;
      fault.hits += 1;
      return fault.effect;
    }
    return undefined;
  }

  clear(): void {
    this.#faults.clear();
  }
}

function isHit({ match, hits }: Fault, request: RequestInfo, user: string): boolean {
  const { method, path, verb, resource, times = Infinity } = match;
  const wants = <T>(wanted: T | undefined, actual: T): boolean => wanted === undefined || wanted === actual;
  return (
    hits < times &&
    wants(method, request.method) &&
    wants(verb, request.verb) &&
    wants(resource, resourceText(request)) &&
    wants(match.user, user) &&
    (path?.test(request.path) ?? true)
  );
}
