/** Secrets Manager on the wire: awsJson1.1, the value of the current version. */
import { z } from 'zod';
import { AwsError } from '../wire/aws-error.ts';
import { jsonRoute } from '../wire/json-target.ts';
import { operation, type Service } from '../wire/service.ts';
import type { Secret, Secrets } from './secrets.ts';

export function secretsService(secrets: Secrets): Service {
  return {
    scope: 'secretsmanager',
    iamPrefix: 'secretsmanager',
    protocol: 'json',
    invalidCode: 'ValidationException',
    deniedCode: 'AccessDeniedException',
    operations: {
      GetSecretValue: operation({
        input: z.object({ SecretId: z.string().min(1).max(2048) }),
        resources: ({ SecretId }) => [{ arn: secrets.arnOf(SecretId) }],
        answer: ({ SecretId }) => valueOf(secrets.find(SecretId)),
      }),
    },
    route: (request) => jsonRoute(request, 'secretsmanager'),
  };
}

function valueOf(secret: Secret | undefined): Record<string, unknown> {
  if (secret === undefined)
    throw new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  if (secret.markedForDeletion) {
    const message = "You can't perform this operation on the secret because it was marked for deletion.";
    throw new AwsError('InvalidRequestException', message);
  }
  if (secret.text === undefined) {
    const message = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
    throw new AwsError('ResourceNotFoundException', message);
  }
  const { name, arn, version, text } = secret;
  return { ARN: arn, Name: name, VersionId: version, SecretString: text, VersionStages: ['AWSCURRENT'] };
}
