/** Registers the cases of some tags as tests against a server. */
import { randomBytes } from 'node:crypto';

import { afterAll, beforeAll, describe, it } from 'vitest';

import { allCases } from './all-cases.ts';
import type { Case, Tag } from './conformance-case.ts';
import { Ground, RUN_LABEL } from './ground.ts';
import type { Subject } from './subject.ts';

/** How long a case may take on a server with its own time: a node that falls silent takes most of it. */
const CASE_MILLISECONDS = 240_000;

/** @param open - starts or reaches the server, once for all cases */
export function conformance(title: string, tags: readonly Tag[], open: () => Promise<Subject>): void {
  describe(title, () => {
    let subject: Subject;
    const run = randomBytes(4).toString('hex');

    beforeAll(async () => {
      subject = await open();
    });

    afterAll(async () => {
      await waitForEnd(subject, run);
      await subject.stop();
    }, CASE_MILLISECONDS);

    for (const one of allCases.filter(({ tag }) => tags.includes(tag)))
      it(`[${one.tag}] ${one.title}`, { timeout: CASE_MILLISECONDS }, async (context) => {
        const missing = one.needs.find((need) => !subject.abilities.has(need));
        if (missing !== undefined) context.skip(`${subject.name} has no ${missing}`);
        await runCase(subject, one, { run, skip: (why) => context.skip(why) });
      });
  });
}

async function runCase(
  subject: Subject,
  { run: body }: Case,
  { run, skip }: { run: string; skip: (why: string) => never },
): Promise<void> {
  const { client, time, peer } = subject;
  const ground = await Ground.make(client, time, run);
  try {
    await body({ client, ground, peer, skip, ...time });
  } finally {
    await ground.clear();
  }
}

/** Nothing that was made is left behind: where there are controllers, the namespaces go by themselves. */
async function waitForEnd({ abilities, client, time }: Subject, run: string): Promise<void> {
  if (!abilities.has('controllers')) return;
  const left = async (plural: string): Promise<number> => {
    const path = `/api/v1/${plural}?labelSelector=${encodeURIComponent(`${RUN_LABEL}=${run}`)}`;
    return (await client.get<{ items: object[] }>(path)).items.length;
  };
  await time.eventually(
    'what was made is gone',
    async () => {
      return (await left('namespaces')) + (await left('nodes')) === 0;
    },
    180,
  );
}
