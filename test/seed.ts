/**
 * Where random tests begin: `EBB_SEED`. Without it always at the same place, so that what turns red was turned red by a
 * change; `EBB_SEED=random` explores, and tells its seed.
 */
export function givenSeed(text = process.env.EBB_SEED ?? '1'): number {
  if (text === 'random') return Math.floor(Math.random() * 2 ** 31);
  const seed = Number(text);
  if (!Number.isInteger(seed)) throw new Error(`EBB_SEED takes a whole number, or random, not ${JSON.stringify(text)}`);
  return seed;
}
