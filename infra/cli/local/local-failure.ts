/** Why a run in this process could not begin or go on, and what to do about it. */

/** Errors whose message says all. */
const SAID = ['CannotBegin', 'WrongMeans', 'WrongConfiguration', 'ClusterRefused', 'ClusterAway', 'UnreadableAnswer'];

const NO_CREDENTIALS = ['CredentialsProviderError', 'TokenProviderError'];
const STALE_CREDENTIALS = [
  'ExpiredToken',
  'ExpiredTokenException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
];
const DENIED = ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation'];

export function localFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { name, message } = error;
  if (SAID.includes(name)) return message;
  if (NO_CREDENTIALS.includes(name)) return `${message}\nLog in to AWS, or set AWS_PROFILE to a profile that there is.`;
  if (STALE_CREDENTIALS.includes(name)) return `${message}\nAWS does not take these credentials: log in again.`;
  if (DENIED.includes(name)) return `${message}\nGive whoever runs this that right.`;
  if (message.startsWith('Region ')) return `${message}\nSay --region, or set AWS_REGION.`;
  return `${name}: ${message}`;
}
