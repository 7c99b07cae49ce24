/**
 * A cluster's settings in as many SSM parameters as they need, 4,096 characters each (contract 14.1): the groups of a
 * large cluster stand in parameters of their own, whose number the cluster's own one tells. A cluster whose settings
 * fit into one has one. Parameters of the advanced tier would hold twice as much, and are paid for.
 */
import { jsonOf } from './configuration.ts';

/** Characters of a value of the standard tier. */
export const LONGEST_VALUE = 4_096;

/** How many parameters its groups stand in, in the cluster's own one. */
const PARTS = 'groupParameters';

interface Parameter {
  /** What follows the cluster's name in the parameter's. */
  readonly suffix: string;
  readonly value: string;
}

/** What follows the cluster's name in the name of a part. @param part counted from 1 */
function suffixOf(part: number): string {
  return `/groups/${part}`;
}

/** @param written the cluster's settings as JSON, whatever their length */
export function parametersOf(written: string): readonly Parameter[] {
  if (written.length <= LONGEST_VALUE) return [{ suffix: '', value: written }];
  const { groups, ...cluster } = JSON.parse(written) as { groups: readonly unknown[] };
  const parts = packed(groups.map((group) => JSON.stringify(group)));
  const own = JSON.stringify({ ...cluster, [PARTS]: parts.length });
  return [{ suffix: '', value: own }, ...parts.map((value, index) => ({ suffix: suffixOf(index + 1), value }))];
}

/** JSON lists of them, in their order, each as long as it may be. One that is longer by itself has its own. */
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
 * Puts together what `parametersOf` took apart.
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
