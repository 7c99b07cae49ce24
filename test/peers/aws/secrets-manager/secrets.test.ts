/** The current version of a secret, by name and ARN, and Secrets Manager's refusals. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import type { Credentials } from '../iam/credentials.ts';
import { AwsPeer } from '../peer.ts';

let peer: AwsPeer;
let uninstall: () => void;

beforeEach(async () => {
  const clock = new DrivenClock({ stands: true });
  uninstall = clock.install();
  peer = await AwsPeer.start({ clock });
});
afterEach(async () => {
  await peer.stop();
  uninstall();
});

function read(id: string, credentials?: Credentials) {
  const client = new SecretsManagerClient({ ...peer.clientConfig(credentials), maxAttempts: 1 });
  return client.send(new GetSecretValueCommand({ SecretId: id }));
}

/** Of a role that may read secrets of these ARNs. */
function reader(...resources: readonly string[]): Credentials {
  const roleArn = 'arn:aws:iam::123456789012:role/reader';
  const Statement = [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: resources }];
  peer.authorization.addRole(roleArn, { policies: [{ Version: '2012-10-17', Statement }] });
  return peer.lambda.addFunction({ name: 'reader', directory: '/nowhere', roleArn }).credentials;
}

test('is answered by name, by ARN, and by an ARN without its last six characters', async () => {
  peer.secrets.put('ebb/k8s', 'first');
  const arn = peer.secrets.put('ebb/k8s', 'second');
  expect(arn).toMatch(/^arn:aws:secretsmanager:eu-central-1:123456789012:secret:ebb\/k8s-[0-9a-f]{6}$/);
  for (const id of ['ebb/k8s', arn, arn.slice(0, -7)])
    expect(await read(id)).toMatchObject({ ARN: arn, Name: 'ebb/k8s', SecretString: 'second' });
});

test('that does not exist, has no value or is marked for deletion is refused as such', async () => {
  peer.secrets.put('empty');
  peer.secrets.put('gone', 'text');
  peer.secrets.delete('gone');
  await expect(read('none')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(read('empty')).rejects.toThrow(/staging label: AWSCURRENT/);
  await expect(read('gone')).rejects.toMatchObject({ name: 'InvalidRequestException' });
});

test('is for the roles whose policy names it, and one that does not exist is forbidden to them', async () => {
  peer.secrets.put('ebb/k8s', 'text');
  peer.secrets.put('other', 'text');
  const own = reader('arn:aws:secretsmanager:eu-central-1:123456789012:secret:ebb/k8s-??????');
  expect(await read('ebb/k8s', own)).toMatchObject({ SecretString: 'text' });
  await expect(read('other', own)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  peer.secrets.remove('ebb/k8s');
  await expect(read('ebb/k8s', own)).rejects.toMatchObject({ name: 'AccessDeniedException' });
});
