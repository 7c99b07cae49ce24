/** Reads the options of rotations and retirements into the fields of the request, whose schema checks them. */
import type { Command } from 'commander';
import { parseNodeRequest } from '../../lambdas/core/rotation/node-request.ts';
import { parseRotationRequest } from '../../lambdas/core/rotation/rotation-request.ts';
import { attributeOf, nameOf, RETIREMENT_OPTIONS, ROTATION_OPTIONS, type FieldOption } from './rotation-options.ts';

/** What the options say: the fields of the request, and the faults of the options themselves. */
export interface ReadOptions {
  readonly input: Readonly<Record<string, unknown>>;
  readonly faults: readonly string[];
}

/** @param given the options as commander has read them */
export function readRotationOptions(given: Readonly<Record<string, unknown>>): ReadOptions {
  const { input, faults } = readFields(ROTATION_OPTIONS, given);
  const masters = valueOf('switch', given.rotateMasters);
  if (masters === undefined) return { input, faults };
  const clash =
    input.rotateControlPlane !== undefined && input.rotateControlPlane !== masters
      ? ['--rotate-control-plane and --rotate-masters are the same, and contradict each other']
      : [];
  const workers = input.rotateControlPlane === undefined ? { rotateWorkers: input.rotateWorkers ?? false } : {};
  return { input: { ...input, rotateControlPlane: masters, ...workers }, faults: [...faults, ...clash] };
}

/** @param given the options as commander has read them */
export function readRetirementOptions(given: Readonly<Record<string, unknown>>): ReadOptions {
  return readFields(RETIREMENT_OPTIONS, given);
}

/** The same with the faults of the request, in the words of the command line. */
export function checkedRotation(given: Readonly<Record<string, unknown>>): ReadOptions {
  const { input, faults } = readRotationOptions(given);
  const parsed = parseRotationRequest(input);
  const others = 'faults' in parsed ? faultsOfOptions(parsed.faults, ROTATION_OPTIONS, given) : [];
  return { input, faults: [...faults, ...others] };
}

/** The same with the faults of the request, in the words of the command line. */
export function checkedRetirement(given: Readonly<Record<string, unknown>>): ReadOptions {
  const { input, faults } = readRetirementOptions(given);
  const parsed = parseNodeRequest(input);
  const others = 'faults' in parsed ? faultsOfOptions(parsed.faults, RETIREMENT_OPTIONS, given) : [];
  return { input, faults: [...faults, ...others] };
}

/** Ends with wrong usage, and every fault, if there is one. */
export function wrongUsage(command: Command, faults: readonly string[]): void {
  if (faults.length > 0) command.error(faults.map((fault) => `error: ${fault}`).join('\n'));
}

function readFields(options: readonly FieldOption[], given: Readonly<Record<string, unknown>>): ReadOptions {
  const input: Record<string, unknown> = {};
  const faults: string[] = [];
  for (const { field, kind, flags, rotator } of options) {
    const own = valueOf(kind, given[attributeOf(flags)]);
    const other = rotator === undefined ? undefined : valueOf(kind, given[attributeOf(rotator)]);
    if (own !== undefined && other !== undefined && own !== other)
      faults.push(`${nameOf(flags)} and ${nameOf(rotator ?? '')} are the same, and contradict each other`);
    const value = own ?? other;
    if (value !== undefined) input[field] = value;
  }
  return { input, faults };
}

/** What cannot be read stays as it is: the schema says what it must be. */
function valueOf(kind: FieldOption['kind'], written: unknown): unknown {
  if (typeof written !== 'string') return written;
  switch (kind) {
    case 'text':
      return written;
    case 'number':
      return /^\d+$/.test(written) ? Number(written) : written;
    case 'list':
      return written.split(',').map((part) => part.trim());
    case 'switch':
      return written === 'true' || (written === 'false' ? false : written);
  }
}

/**
 * Faults of a request in the words of the command line: `maxSurge: must be …` of `--max-scaling 0` is told as
 * `--max-scaling must be …`.
 */
export function faultsOfOptions(
  faults: readonly string[],
  options: readonly FieldOption[],
  given: Readonly<Record<string, unknown>>,
): string[] {
  return faults.map((fault) => {
    const [, fields = '', words = fault] = /^([\w.[\], ]+): ([^]*)$/.exec(fault) ?? [];
    const names = fields.split(', ').map((field) => writtenName(field.replace(/\[.*/, ''), options, given));
    if (fields === '') return words;
    return `${names.join(', ')}${words.startsWith('must ') ? '' : ':'} ${words}`;
  });
}

function writtenName(field: string, options: readonly FieldOption[], given: Readonly<Record<string, unknown>>): string {
  const option = options.find((each) => each.field === field);
  if (option === undefined) return field;
  const { flags, rotator } = option;
  const isRotators = rotator !== undefined && given[attributeOf(flags)] === undefined && attributeOf(rotator) in given;
  return nameOf(isRotators ? rotator : flags);
}
