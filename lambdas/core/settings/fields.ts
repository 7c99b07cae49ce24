/**
 * Kinds of configuration fields. The message of each says in one sentence what it must be, with an example, so that a
 * person can correct a fault without looking anything up. Unknown fields are ignored: synth finds misspelt ones, and a
 * function may read parameters that a newer version has written (contract 14.3).
 */
import * as z from 'zod/mini';

type Shape = Parameters<typeof z.object>[0] & object;

/** @param like an example, as JSON */
export function object<Fields extends Shape>(fields: Fields, like: string) {
  return z.object(fields, `must be an object such as ${like}`);
}

/** @param like an example, as JSON */
export function list<Element extends z.ZodMiniType>(element: Element, like: string) {
  return z.array(element, `must be a list such as ${like}`);
}

/** A list that is not empty. @param what one of its elements, and an example as JSON: `VPC such as ["vpc-…"]` */
export function filledList<Element extends z.ZodMiniType>(element: Element, what: string) {
  const words = `must be a list of at least one ${what}`;
  return z.array(element, words).check(z.minLength(1, words));
}

export function flag() {
  return z.boolean('must be true or false');
}

export function seconds(least: number, most: number, like: number) {
  return wholeNumber(`whole seconds from ${least} to ${most}, such as ${like}`, { least, most });
}

/** @param what such as `a number of nodes from 1 on, such as 25` */
export function wholeNumber(what: string, { least, most = Number.MAX_SAFE_INTEGER }: { least: number; most?: number }) {
  const words = `must be ${what}`;
  return z.int(words).check(z.gte(least, words), z.lte(most, words));
}

/** @param what such as `an availability zone such as eu-central-1a` */
export function text(pattern: RegExp, what: string) {
  const words = `must be ${what}`;
  return z.string(words).check(z.regex(pattern, words));
}

/** @param because why no other word is allowed @default no reason */
export function oneOf<const Words extends readonly string[]>(words: Words, because?: string) {
  const quoted = words.map((word) => `"${word}"`);
  const [last = ''] = quoted.slice(-1);
  const listed = quoted.length === 1 ? last : `${quoted.slice(0, -1).join(', ')} or ${last}`;
  return z.enum(words, `must be ${listed}${because === undefined ? '' : `: ${because}`}`);
}

/** A percentage as people write it; 0–1 once read. */
export function share(like: string) {
  return z.codec(text(/^(100|[1-9]?\d)%$/, `a percentage such as "${like}"`), z.number(), {
    decode: partOf,
    encode: percent,
  });
}

/** A percentage, 0–1 once read, or `off`. */
export function shareOrOff(like: string) {
  return z.codec(
    text(/^((100|[1-9]?\d)%|off)$/, `a percentage such as "${like}", or "off"`),
    z.union([z.number(), z.literal('off')]),
    {
      decode: (written) => (written === 'off' ? written : partOf(written)),
      encode: (share) => (share === 'off' ? share : percent(share)),
    },
  );
}

function partOf(written: string): number {
  return Number(written.slice(0, -1)) / 100;
}

function percent(part: number): string {
  return `${Math.round(part * 100)}%`;
}
