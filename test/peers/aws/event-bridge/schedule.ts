/** Schedule expressions: rates only; a cron expression is refused, so that no schedule is silently dropped. */
const UNITS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Driven milliseconds between two runs. */
export function rateOf(expression: string): number {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const milliseconds = UNITS[unit];
  if (count === undefined || milliseconds === undefined) {
    throw new Error(`The AWS peer runs rate() schedules only, not ${expression}`);
  }
  return Number(count) * milliseconds;
}
