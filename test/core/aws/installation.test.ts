/** Whose a hook, a tag and an execution are, where several installations stand side by side (contract 15.2). */
import { describe, expect, test } from 'vitest';
import { hookMetadata, installationOfHook, isAnothers, managedValue } from '../../../lambdas/core/aws/installation.ts';
import { executionName, executionsOf } from '../../../lambdas/core/notice/notice.ts';
import { aNotice } from '../../given.ts';

const INSTANCE = 'i-0123456789abcdef0';
const HOME = { account: '123456789012', region: 'eu-central-1' };

describe('the name of an execution', () => {
  test('bears the name of the installation, and of the default one the account, as it always has', () => {
    expect(executionName(aNotice())).toMatch(/^123456789012-eu-central-1-i-0123456789abcdef0-[0-9a-f]{8}$/);
    expect(executionName(aNotice(), { installation: 'ebb' })).toBe(executionName(aNotice()));
    const named = executionName(aNotice(), { installation: 'ebb-staging' });
    expect(named).toMatch(/^ebb-staging-eu-central-1-i-0123456789abcdef0-[0-9a-f]{8}$/);
    expect(named.startsWith(executionsOf({ ...HOME, installation: 'ebb-staging', instance: INSTANCE }))).toBe(true);
  });

  test('is one that Lambda takes, with the longest of all', () => {
    const notice = aNotice({ region: 'abcd-efghijklmnopqrst-1'.slice(0, 22) });
    expect(executionName(notice, { installation: 'ebb-twelve-1' }).length).toBeLessThanOrEqual(64);
  });
});

test.each<[string, string, string | undefined, boolean]>([
  ['its own', `123456789012-eu-central-1-${INSTANCE}-01234567`, undefined, false],
  ['the default one’s, for a named one', `123456789012-eu-central-1-${INSTANCE}-01234567`, 'ebb-staging', true],
  ['a named one’s, for the default one', `ebb-staging-eu-central-1-${INSTANCE}-01234567`, undefined, true],
  ['its own, of a named one', `ebb-staging-eu-central-1-${INSTANCE}-01234567`, 'ebb-staging', false],
  ['another account’s', `999999999999-eu-central-1-${INSTANCE}-01234567`, undefined, false],
  ['another region’s', `ebb-staging-us-east-1-${INSTANCE}-01234567`, undefined, false],
  ['another instance’s', 'ebb-staging-eu-central-1-i-0fedcba9876543210-01234567', undefined, false],
  ['nothing of ours', 'somebody', undefined, false],
])('an execution that is %s', (_whose, execution, installation, another) => {
  const home = { ...HOME, ...(installation !== undefined && { installation }) };
  expect(isAnothers(execution, { home, instance: INSTANCE })).toBe(another);
});

test.each<[string | undefined, string | undefined]>([
  [hookMetadata({ cluster: 'shop', installation: 'ebb-staging' }), 'ebb-staging'],
  ['{"cluster":"shop"}', undefined],
  ['{"installation":7}', undefined],
  ['no JSON', undefined],
  [undefined, undefined],
])('hook metadata %s is of installation %s', (metadata, installation) => {
  expect(installationOfHook(metadata)).toBe(installation);
});

test('a tag enrols with the value true in the default installation, and with its name in another', () => {
  expect([managedValue(), managedValue('ebb'), managedValue('ebb-staging')]).toEqual(['true', 'true', 'ebb-staging']);
});
