/**
 * The same cases against a real Keystone and Nova, where OS_AUTH_URL names one (and OS_PASSWORD is its administrator's).
 * What it shows is right, and the peer wrong.
 */
import { it } from 'vitest';
import { openStackSuite } from './openstack-suite.ts';
import { realSubject } from './real-subject.ts';

const { OS_AUTH_URL, OS_PASSWORD = '' } = process.env;

if (OS_AUTH_URL) {
  openStackSuite(`the OpenStack at ${OS_AUTH_URL}`, () => realSubject(OS_AUTH_URL, OS_PASSWORD));
} else {
  const why = 'no real OpenStack is tried: OS_AUTH_URL names no Keystone';
  console.info(`skipped: ${why}`);
  it.skip(why, () => undefined);
}
