/**
 * EventBridge event patterns, by the documented rules: every field named must match; a field's matchers are alternatives;
 * a list in the event matches when any of its items does; `$or` holds alternative patterns.
 */
import { z } from 'zod';

export type Pattern = Readonly<Record<string, unknown>>;
type Matcher = (value: unknown) => boolean;

/**
 * Reads a pattern once into a test of events.
 * @throws Error naming the matcher when it is not one of EventBridge's.
 */
export function compilePattern(pattern: Pattern): (event: unknown) => boolean {
  const tests = Object.entries(pattern).map(([name, wanted]) =>
    name === '$or' ? either(wanted) : field(name, wanted),
  );
  return (event) => tests.every((test) => test(event));
}

function either(wanted: unknown): Matcher {
  const patterns = z.array(z.record(z.string(), z.unknown())).min(2).parse(wanted).map(compilePattern);
  return (event) => patterns.some((matches) => matches(event));
}

function field(name: string, wanted: unknown): Matcher {
  if (Array.isArray(wanted)) {
    const matchers = wanted.map((each) => compileMatcher(name, each));
    return (event) => matchers.some((matches) => matches(fieldOf(event, name)));
  }
  if (!isRecord(wanted)) throw new Error(`Event pattern is not valid: "${name}" must be an object or an array`);
  const nested = compilePattern(wanted);
  return (event) => {
    const value = fieldOf(event, name);
    return Array.isArray(value)
      ? value.some((item) => isRecord(item) && nested(item))
      : isRecord(value) && nested(value);
  };
}

/** A matcher of one value; lists match when an item does, except for `exists` and `anything-but`. */
function compileMatcher(name: string, wanted: unknown): Matcher {
  if (!isRecord(wanted)) return anyItem((value) => value === wanted);
  const { operator, operand } = onlyField(wanted);
  const compile = OPERATORS[operator];
  if (compile === undefined)
    throw new Error(`Event pattern is not valid: unrecognized match type ${operator} in "${name}"`);
  return compile(operand);
}

const OPERATORS: Readonly<Record<string, (operand: unknown) => Matcher>> = {
  exists: (wanted) => (value) => isLeaf(value) === wanted,
  prefix: (operand) => textMatcher(operand, (text, affix) => text.startsWith(affix)),
  suffix: (operand) => textMatcher(operand, (text, affix) => text.endsWith(affix)),
  'equals-ignore-case': (operand) => textMatcher(operand, (text, other) => text.toLowerCase() === other.toLowerCase()),
  wildcard: (operand) => {
    const expression = wildcardExpression(z.string().parse(operand));
    return anyItem((value) => typeof value === 'string' && expression.test(value));
  },
  numeric: (operand) => {
    const holds = numericTest(operand);
    return anyItem((value) => typeof value === 'number' && holds(value));
  },
  'anything-but': (operand) => {
    const matchers = anythingBut(operand);
    return (value) => value !== undefined && listOf(value).some((item) => matchers.every((matches) => !matches(item)));
  },
};

function onlyField(matcher: Record<string, unknown>): { operator: string; operand: unknown } {
  const [field] = Object.entries(matcher);
  return { operator: field?.[0] ?? 'none', operand: field?.[1] };
}

function anyItem(test: Matcher): Matcher {
  return (value) => value !== undefined && listOf(value).some(test);
}

type TextTest = (text: string, operand: string) => boolean;

/** An affix, or `{ "equals-ignore-case": affix }` for prefix and suffix. */
function textMatcher(operand: unknown, test: TextTest): Matcher {
  if (isRecord(operand)) {
    const nested = z.strictObject({ 'equals-ignore-case': z.string() }).parse(operand);
    const affix = nested['equals-ignore-case'].toLowerCase();
    return anyItem((value) => typeof value === 'string' && test(value.toLowerCase(), affix));
  }
  const affix = z.string().parse(operand);
  return anyItem((value) => typeof value === 'string' && test(value, affix));
}

/** Values, a list of them, or one nested matcher whose operand may be a list. */
function anythingBut(operand: unknown): Matcher[] {
  if (!isRecord(operand)) return listOf(operand).map((unwanted) => (value) => value === unwanted);
  const nested = onlyField(operand);
  return listOf(nested.operand).map((each) => compileMatcher('anything-but', { [nested.operator]: each }));
}

function wildcardExpression(pattern: string): RegExp {
  const parts = pattern.match(/\\[\\*]|\*|[^\\*]+/g) ?? [];
  const source = parts.map((part) => (part === '*' ? '.*' : escapeExpression(part.replace(/^\\/, ''))));
  return new RegExp(`^${source.join('')}$`, 's');
}

function escapeExpression(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const COMPARISONS: Readonly<Record<string, (value: number, bound: number) => boolean>> = {
  '=': (value, bound) => value === bound,
  '<': (value, bound) => value < bound,
  '<=': (value, bound) => value <= bound,
  '>': (value, bound) => value > bound,
  '>=': (value, bound) => value >= bound,
};

/** `[">", 0, "<=", 5]`: every comparison must hold. */
function numericTest(operand: unknown): (value: number) => boolean {
  const parts = z
    .array(z.union([z.string(), z.number()]))
    .min(2)
    .parse(operand);
  const tests: ((value: number) => boolean)[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const compare = COMPARISONS[String(parts[index])];
    const bound = parts[index + 1];
    if (compare === undefined || typeof bound !== 'number')
      throw new Error('Event pattern is not valid: numeric range');
    tests.push((value) => compare(value, bound));
  }
  return (value) => tests.every((test) => test(value));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `exists` matches leaf fields only (EventBridge user guide). */
function isLeaf(value: unknown): boolean {
  return value !== undefined && !isRecord(value);
}

function fieldOf(event: unknown, name: string): unknown {
  return isRecord(event) ? event[name] : undefined;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [value];
}
