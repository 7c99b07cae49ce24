/** Batches for calls that take several items at once, and refuse all of them for one that is gone. */
import { unless, type Refusal } from './refusals.ts';

export function batchesOf<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/**
 * Returns what `ask` answers for all items, asked in batches. When a batch is refused because an item is gone, its
 * items are asked for one by one. Items that are gone are left out.
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
