/**
 * Heartbeats and suspensions, of which a long retirement has hundreds: counted until something else happens, and told as
 * one line of each retirement.
 */
import type { LoggedEvent } from '../../installation.ts';
import { counted } from '../../../infra/cli/reports/report-words.ts';

/** What one retirement repeated. */
export interface Repeated {
  /** The node's name, or the instance's id. */
  readonly whose: string;
  /** When it was last repeated, epoch milliseconds. */
  readonly at: number;
  readonly text: string;
}

interface Count {
  at: number;
  heartbeats: number;
  nextInSeconds: number;
  suspensions: number;
  suspendedSeconds: number;
}

export class Repeats {
  readonly #counts = new Map<string, Count>();

  /** Counts an event if it is one that repeats. @returns whether it is */
  add(event: LoggedEvent): boolean {
    if (event.type !== 'heartbeat.recorded' && event.type !== 'retirement.suspended') return false;
    const whose = event.node ?? event.instance;
    const count = this.#counts.get(whose) ?? {
      at: 0,
      heartbeats: 0,
      nextInSeconds: 0,
      suspensions: 0,
      suspendedSeconds: 0,
    };
    this.#counts.set(whose, count);
    count.at = Date.parse(event.time);
    if (event.type === 'heartbeat.recorded') {
      count.heartbeats += 1;
      count.nextInSeconds = event.nextInSeconds;
    } else {
      count.suspensions += 1;
      count.suspendedSeconds += event.seconds;
    }
    return true;
  }

  /** The lines so far, oldest first. */
  get lines(): Repeated[] {
    const lines = [...this.#counts].map(([whose, count]) => ({ whose, at: count.at, text: inWords(count) }));
    return lines.toSorted((a, b) => a.at - b.at);
  }

  /** The lines so far; counting begins anew. */
  take(): Repeated[] {
    const { lines } = this;
    this.#counts.clear();
    return lines;
  }
}

function inWords({ heartbeats, nextInSeconds, suspensions, suspendedSeconds }: Count): string {
  const parts = [
    ...(heartbeats === 1 ? [`heartbeat, the next in ${nextInSeconds} s`] : []),
    ...(heartbeats > 1 ? [counted(heartbeats, 'heartbeat')] : []),
    ...(suspensions === 1 ? [`suspended for ${suspendedSeconds} s`] : []),
    ...(suspensions > 1 ? [`suspended ${suspensions} times, ${suspendedSeconds} s in all`] : []),
  ];
  return parts.join('; ');
}
