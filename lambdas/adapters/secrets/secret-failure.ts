/** Why a secret cannot be read. */
import { awsFailure } from '../aws/failure.ts';
import { refusedAs } from '../aws/refusals.ts';

/** Returns the text of a secret, by its name or ARN. */
export type ReadSecret = (id: string) => Promise<string>;

const isMissing = refusedAs('ResourceNotFoundException');
const isEmpty = refusedAs('SecretWithoutText');
/** Refusals that last until a person changes something. */
const isRefused = refusedAs(
  'AccessDeniedException',
  'DecryptionFailure',
  'InvalidParameterException',
  'InvalidRequestException',
  'ValidationException',
);

/** Missing, empty and refused last until a person changes something. */
export type SecretFailure =
  | { readonly kind: 'missing' | 'empty' }
  /** `reason`: what Secrets Manager, or the network, says. */
  | { readonly kind: 'refused' | 'away'; readonly reason: string };

/** @param cause what was thrown @returns undefined for what has nothing to do with Secrets Manager */
export function secretFailure(cause: unknown): SecretFailure | undefined {
  if (isMissing(cause)) return { kind: 'missing' };
  if (isEmpty(cause)) return { kind: 'empty' };
  const failure = awsFailure(cause);
  return failure && { kind: isRefused(cause) ? 'refused' : 'away', reason: failure.reason };
}
