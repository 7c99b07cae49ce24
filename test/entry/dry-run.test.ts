/** Who starts a run, and what it is answered (contract 9.6). */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { dryRunAnswer } from '../../lambdas/entry/dry-run.ts';

const SCHEDULED: unknown = JSON.parse(
  readFileSync(resolve(import.meta.dirname, '../../events/scheduled-run.json'), 'utf8'),
);

/** What it is told to do, and what it answers. */
async function run(event: unknown): Promise<{ told: unknown; answer: unknown }> {
  let told: unknown;
  const answer = await dryRunAnswer(event, (order) => {
    told = order;
    return Promise.resolve(['a report']);
  });
  return { told, answer };
}

test('a schedule starts a run that changes what it must, and nobody waits for its report', async () => {
  expect(await run(SCHEDULED)).toEqual({ told: { dryRun: false }, answer: undefined });
});

test('a person is answered what would be done', async () => {
  expect(await run({ dryRun: true })).toEqual({ told: { dryRun: true }, answer: ['a report'] });
});

test.each([[{ dryRun: 'yes' }], [{ dryRun: 1 }], [null], ['dryRun']])('%j starts nothing', async (event) => {
  await expect(run(event)).rejects.toThrow('dryRun must be true or false');
});
