import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import {
  namesUnder,
  PARAMETER_ACTIONS,
  PARAMETER_LIST_ACTIONS,
  readParameter,
} from '../../../lambdas/adapters/aws/parameters.ts';
import { AwsGiven } from './given.ts';

const NAME = '/ebb/clusters/blue';

describe('a parameter', () => {
  test('is its value, as it is now', async () => {
    await using given = await AwsGiven.start();
    const client = new SSMClient(given.aws.clientConfig());
    given.aws.ssm.put(NAME, '{"name":"blue"}');
    expect(await readParameter(client, NAME)).toBe('{"name":"blue"}');
    given.aws.ssm.put(NAME, 'changed');
    expect(await readParameter(client, NAME)).toBe('changed');
  });

  test('that there is not is undefined', async () => {
    await using given = await AwsGiven.start();
    expect(await readParameter(new SSMClient(given.aws.clientConfig()), NAME)).toBeUndefined();
  });

  test('throttled twice, is answered', async () => {
    await using given = await AwsGiven.start();
    given.aws.ssm.put(NAME, 'value');
    given.aws.faults.inject({ kind: 'throttle', action: 'GetParameter', times: 2 });
    const reading = readParameter(new SSMClient(given.aws.clientConfig()), NAME);
    expect(await given.during(reading)).toBe('value');
  });

  test('that may not be read is an error that names the missing action, never a missing parameter (faults 28)', async () => {
    await using given = await AwsGiven.start();
    given.aws.ssm.put(NAME, 'value');
    const client = new SSMClient(given.aws.clientConfig(given.credentialsFor()));
    await expect(readParameter(client, NAME)).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: expect.stringContaining(PARAMETER_ACTIONS[0]) as string,
    });
  });
});

describe('the names under a path', () => {
  const withTwelve = async (): Promise<AwsGiven> => {
    const given = await AwsGiven.start();
    for (let number = 0; number < 12; number += 1) given.aws.ssm.put(`/ebb/clusters/c${number}`, '{}');
    for (const other of ['/ebb/clusters', '/ebb/clusters/c0/deeper', '/ebb/clusters-of-others/x']) {
      given.aws.ssm.put(other, '{}');
    }
    return given;
  };

  test('are what follows it, page after page; nothing deeper or beside it', async () => {
    await using given = await withTwelve();
    const names = await namesUnder(new SSMClient(given.aws.clientConfig()), '/ebb/clusters/');
    expect(names.toSorted()).toEqual(Array.from({ length: 12 }, (_, number) => `c${number}`).toSorted());
    expect(given.count('GetParametersByPath')).toBe(2);
  });

  test('are told to whoever may list them', async () => {
    await using given = await withTwelve();
    const client = new SSMClient(given.aws.clientConfig(given.credentialsFor(...PARAMETER_LIST_ACTIONS)));
    expect(await namesUnder(client, '/ebb/clusters/')).toHaveLength(12);
  });
});
