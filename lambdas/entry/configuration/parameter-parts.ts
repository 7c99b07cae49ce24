/**
 * Splits a cluster's settings into as many SSM parameters as they need, 4,096 characters each (contract 14.1). Settings
 * that fit into one parameter stay in one. Otherwise the groups get parameters of their own, and the cluster's own
 * parameter says how many. Parameters of the advanced tier would hold twice as much, but cost money.
 */
import { jsonOf } from './configuration.ts';

/** Most characters of a value in the standard tier. */
export const LONGEST_VALUE = 4_096;

/** Field of the cluster's own parameter: how many parameters hold its groups. */
const PARTS = 'groupParameters';

interface Parameter {
  /** Follows the cluster's name in the parameter's name. */
  readonly suffix: string;
  readonly value: string;
}

/** @param part counted from 1 */
function suffixOf(part: number): string {
  return `/groups/${part}`;
}

/** @param written the cluster's settings as JSON, of any length */
export function parametersOf(written: string): readonly Parameter[] {
  if (written.length <= LONGEST_VALUE) return [{ suffix: '', value: written }];
  const { groups, ...cluster } = JSON.parse(written) as { groups: readonly unknown[] };
  const parts = packed(groups.map((group) => JSON.stringify(group)));
  const own = JSON.stringify({ ...cluster, [PARTS]: parts.length });
  return [{ suffix: '', value: own }, ...parts.map((value, index) => ({ suffix: suffixOf(index + 1), value }))];
}

/** Packs groups into JSON lists, in their order, each as long as may be. A group too long for any gets its own list. */
function packed(groups: readonly string[]): string[] {
  const parts: string[][] = [];
  let length = Infinity;
  for (const group of groups) {
    length += group.length + 1;
    if (length > LONGEST_VALUE) {
      parts.push([]);
      length = '[]'.length + group.length;
    }
    parts.at(-1)?.push(group);
  }
  return parts.map((part) => `[${part.join()}]`);
}

/**
 * Puts together what `parametersOf` split.
 *
 * @param own the cluster's own parameter
 * @param read the values of parameters, in the order of their names
 * @throws WrongParameter
 */
export async function settingsIn(
  own: { readonly name: string; readonly value: string },
  read: (names: readonly string[]) => Promise<readonly string[]>,
): Promise<string> {
  if (!own.value.includes(`"${PARTS}"`)) return own.value;
  const { [PARTS]: parts, ...cluster } = jsonOf(own.value, own.name) as { [PARTS]: number };
  const names = Array.from({ length: parts }, (_, index) => own.name + suffixOf(index + 1));
  const values = await read(names);
  const groups = values.flatMap((value, index) => jsonOf(value, names[index] ?? '') as unknown[]);
  return JSON.stringify({ ...cluster, groups });
}
