/** The text of a secret. */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { HttpResponse } from '@smithy/protocol-http';
import { expect, test } from 'vitest';
import { readSecret } from '../../../lambdas/adapters/secrets/secrets.ts';

function holding(answer: object): SecretsManagerClient {
  const response = new HttpResponse({ statusCode: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) });
  return new SecretsManagerClient({
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    requestHandler: { handle: () => Promise.resolve({ response }) },
  });
}

test.each([
  ['as it is', 'correct horse', 'correct horse'],
  ['without the line end that a file gives it', 'correct horse\r\n', 'correct horse'],
])('is told %s', async (_, stored, text) => {
  expect(await readSecret(holding({ SecretString: stored }), 'ebb/endpoint')).toBe(text);
});

test.each([
  ['is empty', { SecretString: '\n' }],
  ['is binary', { SecretBinary: 'AAAA' }],
])('that %s is refused: nothing must not let in', async (_, answer) => {
  await expect(readSecret(holding(answer), 'ebb/endpoint')).rejects.toThrow(/^the secret ebb\/endpoint has no text/);
});
