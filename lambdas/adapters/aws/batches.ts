/** Calls that take several things at once, and refuse all of them for one that is gone. */
import { unless, type Refusal } from './refusals.ts';

export function batchesOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/**
 * What `ask` answers of all items, asked in batches. The items of a batch that is refused because of one that is gone are
 * asked for one by one, and those that are gone left out.
 */
export async function askInBatches<Item, Answer>(
  items: readonly Item[],
  { size, isGone }: { size: number; isGone: Refusal },
  ask: (batch: readonly Item[]) => Promise<readonly Answer[]>,
): Promise<Answer[]> {
  const answers = batchesOf(items, size).map(async (batch): Promise<readonly Answer[]> => {
    const answer = await unless(isGone, () => ask(batch));
    if (answer !== undefined) return answer;
    return batch.length === 1 ? [] : await askInBatches(batch, { size: 1, isGone }, ask);
  });
  return (await Promise.all(answers)).flat();
}
