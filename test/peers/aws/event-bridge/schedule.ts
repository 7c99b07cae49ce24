/**
 * Schedule expressions: rates, and cron expressions for every few minutes of the hour. Any other is refused, so that no
 * schedule is silently dropped.
 */
const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

const HOUR_MINUTES = 60;

export interface Pace {
  /** Driven milliseconds between two runs. */
  readonly every: number;
  /** To the first. */
  readonly first: number;
}

/** @param now driven epoch milliseconds */
export function paceOf(expression: string, now: number): Pace {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const every = Number(count) * (UNITS[unit] ?? NaN);
  if (Number.isFinite(every)) return { every, first: every };
  const [, from, step] = /^cron\((\d+)\/(\d+) \* \* \* \? \*\)$/.exec(expression) ?? [];
  if (from === undefined || step === undefined || HOUR_MINUTES % Number(step) !== 0) {
    throw new Error(`The AWS peer runs rate() schedules, and cron(m/n * * * ? *) ones only, not ${expression}`);
  }
  const between = Number(step) * 60_000;
  const since = (now - Number(from) * 60_000) % between;
  return { every: between, first: between - since };
}
