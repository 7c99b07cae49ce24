/** Registers the OpenStack cases as tests against a subject. */
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { cold } from './cases/cold.ts';
import { listing } from './cases/listing.ts';
import { loggingIn } from './cases/logging-in.ts';
import { migrating } from './cases/migrating.ts';
import { services } from './cases/services.ts';
import type { OpenStackSubject } from './subject.ts';

/** How long a case may take on a cloud with its own time. */
const CASE_MILLISECONDS = 300_000;

export const openStackCases = [...loggingIn, ...services, ...listing, ...migrating, ...cold];

/** @param open starts or reaches the cloud, once for all cases */
export function openStackSuite(title: string, open: () => Promise<OpenStackSubject>): void {
  describe(title, () => {
    let subject: OpenStackSubject;

    beforeAll(async () => {
      subject = await open();
    }, CASE_MILLISECONDS);

    afterEach(async () => {
      await subject.clear();
    }, CASE_MILLISECONDS);

    afterAll(async () => {
      await subject.stop();
    });

    for (const { title: sentence, run } of openStackCases)
      it(sentence, { timeout: CASE_MILLISECONDS }, async () => {
        await run(subject);
      });
  });
}
