/** Secrets from Secrets Manager. */
import { createClient } from '../aws/clients.ts';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

export const SECRET_ACTIONS = ['secretsmanager:GetSecretValue'] as const;

export class SecretWithoutText extends Error {
  override readonly name = 'SecretWithoutText';

  constructor(id: string) {
    super(`the secret ${id} has no text: put one into it, as a whole and not as JSON`);
  }
}

/**
 * Returns the secret's current text (AWSCURRENT), without the line end that files and `echo` add.
 *
 * @param id name or ARN
 * @throws SecretWithoutText
 */
export async function readSecret(client: SecretsManagerClient, id: string): Promise<string> {
  const { SecretString = '' } = await client.send(new GetSecretValueCommand({ SecretId: id }));
  const secret = SecretString.trim();
  if (secret === '') throw new SecretWithoutText(id);
  return secret;
}

export function secretsClient(): SecretsManagerClient {
  return createClient(SecretsManagerClient);
}
