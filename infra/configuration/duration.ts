/** Reads durations such as `4h` or `90 min`, which people write in place of seconds. */

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, sec: 1, m: 60, min: 60, h: 3_600, d: 86_400 };

/** Undefined when the text is no duration. */
export function durationSeconds(written: string): number | undefined {
  const [, amount, unit = ''] = /^\s*(\d{1,6})\s*(s|sec|m|min|h|d)\s*$/.exec(written) ?? [];
  const seconds = UNIT_SECONDS[unit];
  return amount === undefined || seconds === undefined ? undefined : Number(amount) * seconds;
}
