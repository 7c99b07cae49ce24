/** Parameters by name, version, label and ARN, one and several at once. */
import { GetParameterCommand, GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import type { Credentials } from '../iam/credentials.ts';
import { AwsPeer } from '../peer.ts';

const SHARED = 'arn:aws:ssm:eu-central-1:999999999999:parameter/images/shared';

let peer: AwsPeer;
let uninstall: () => void;

beforeEach(async () => {
  const clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
  peer.ssm.put('/images/nodes', 'ami-1');
  await clock.advance(60_000);
  peer.ssm.put('/images/nodes', 'ami-2');
  peer.ssm.label('/images/nodes', 1, 'stable');
  peer.ssm.put(SHARED, 'ami-3');
});
afterEach(async () => {
  await peer.stop();
  uninstall();
});

function client(credentials?: Credentials): SSMClient {
  return new SSMClient({ ...peer.clientConfig(credentials), maxAttempts: 1 });
}

async function read(...Names: readonly string[]) {
  const { Parameters = [], InvalidParameters } = await client().send(new GetParametersCommand({ Names: [...Names] }));
  return { found: Parameters.map(({ Value, Selector }) => [Value, Selector]), invalid: InvalidParameters };
}

test('are found by name, version, label and ARN; what cannot be found is told', async () => {
  const own = 'arn:aws:ssm:eu-central-1:123456789012:parameter/images/nodes';
  expect(await read('/images/nodes')).toEqual({ found: [['ami-2', undefined]], invalid: [] });
  expect(await read('/images/nodes:1', '/images/nodes:9')).toEqual({
    found: [['ami-1', ':1']],
    invalid: ['/images/nodes:9'],
  });
  expect(await read('/images/nodes:stable', SHARED, '/none')).toEqual({
    found: [
      ['ami-1', ':stable'],
      ['ami-3', undefined],
    ],
    invalid: ['/none'],
  });
  expect(await read(`${own}:1`)).toEqual({ found: [['ami-1', ':1']], invalid: [] });
});

test('tell when the version that is asked for was set', async () => {
  const { Parameters } = await client().send(new GetParametersCommand({ Names: ['/images/nodes:1', '/images/nodes'] }));
  const [first, second] = (Parameters ?? []).map(({ LastModifiedDate }) => LastModifiedDate?.getTime() ?? 0).toSorted();
  expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(60_000);
});

test('a version that is not there is refused by GetParameter as such', async () => {
  const wanted = new GetParameterCommand({ Name: '/images/nodes:9' });
  await expect(client().send(wanted)).rejects.toMatchObject({ name: 'ParameterVersionNotFound' });
});

test('more than ten at once are refused', async () => {
  const names = Array.from({ length: 11 }, (_, index) => `/images/${index}`);
  await expect(read(...names)).rejects.toMatchObject({ name: 'ValidationException' });
});

test('must all be allowed; a public one is no account’s', async () => {
  const name = '/aws/service/eks/optimized-ami/1.33/recommended/image_id';
  peer.ssm.put(name, 'ami-4');
  const roleArn = 'arn:aws:iam::123456789012:role/limited';
  const Resource = 'arn:aws:ssm:eu-central-1::parameter/aws/service/*';
  const Statement = [{ Effect: 'Allow', Action: 'ssm:GetParameters', Resource }];
  peer.authorization.addRole(roleArn, { policies: [{ Version: '2012-10-17', Statement }] });
  const { credentials } = peer.lambda.addFunction({ name: 'limited', directory: '/nowhere', roleArn });
  const limited = client(credentials);
  const { Parameters } = await limited.send(new GetParametersCommand({ Names: [name] }));
  expect(Parameters).toMatchObject([{ Value: 'ami-4', ARN: `arn:aws:ssm:eu-central-1::parameter${name}` }]);
  const both = new GetParametersCommand({ Names: [name, '/images/nodes:1'] });
  await expect(limited.send(both)).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringMatching(
      /ssm:GetParameters on resource: .*:123456789012:parameter\/images\/nodes /,
    ) as string,
  });
});
