/** The environment variables of the functions, and who a function is. */
import { describe, expect, test } from 'vitest';
import { homeOf } from '../../../lambdas/entry/home.ts';
import {
  readSettings,
  retirementSettings,
  routerSettings,
  sweepSettings,
} from '../../../lambdas/entry/configuration/settings.ts';

const COMMON = {
  EBB_INSTALLATION: 'ebb-staging',
  EBB_HOOK_NAME: 'ebb-drain',
  EBB_CLUSTER_PARAMETERS: '/ebb/clusters/',
};
const RETIREMENT = 'arn:aws:lambda:eu-central-1:123456789012:function:retirement:live';

describe('settings', () => {
  test('are exactly what the function declares, whatever else is in the environment', () => {
    expect(readSettings(retirementSettings, { ...COMMON, PATH: '/bin' })).toEqual(COMMON);
    const starter = { ...COMMON, EBB_RETIREMENT_FUNCTION: RETIREMENT };
    const router = { ...starter, EBB_NOTICE_QUEUE: 'https://sqs.eu-central-1.amazonaws.com/123456789012/notices' };
    expect(readSettings(routerSettings, router)).toEqual(router);
    expect(readSettings(sweepSettings, starter)).toEqual(starter);
  });

  test('that are missing or wrong are all named in one message', () => {
    const wrong = { EBB_CLUSTER_PARAMETERS: 'ebb/clusters', EBB_RETIREMENT_FUNCTION: 'retirement' };
    for (const name of ['EBB_HOOK_NAME', 'EBB_CLUSTER_PARAMETERS', 'EBB_RETIREMENT_FUNCTION', 'EBB_NOTICE_QUEUE']) {
      expect(() => readSettings(routerSettings, wrong)).toThrow(name);
    }
  });

  test.each([
    ['an empty hook name', { EBB_HOOK_NAME: '' }, 'EBB_HOOK_NAME'],
    ['a prefix without slash', { EBB_CLUSTER_PARAMETERS: '/ebb/clusters' }, 'EBB_CLUSTER_PARAMETERS'],
  ])('refuse %s', (_, given, name) => {
    expect(() => readSettings(retirementSettings, { ...COMMON, ...given })).toThrow(
      new RegExp(`^the function's environment is wrong: ${name}: `),
    );
  });
});

test('a function knows its account and region from the ARN that it runs under', () => {
  expect(homeOf({ invokedFunctionArn: RETIREMENT })).toEqual({ account: '123456789012', region: 'eu-central-1' });
});
