/** Secrets whose client is loaded at the first question only: most installations have none. */
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

let client: SecretsManagerClient | undefined;

/** Returns the text of a secret. @param id name or ARN @throws SecretWithoutText, and what Secrets Manager refuses */
export async function readSecretLazily(id: string): Promise<string> {
  const { readSecret, secretsClient } = await import('./secrets.ts');
  client ??= secretsClient();
  return readSecret(client, id);
}
