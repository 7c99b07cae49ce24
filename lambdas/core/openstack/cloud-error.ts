/** An error that concerns a cloud as a whole. What Nova says of a single guest is an answer (guest-answer.ts), not an error. */
export abstract class CloudError extends Error {}

/** Keystone or Nova cannot be reached, or fails: retried until the deadline. */
export class CloudAway extends CloudError {
  override readonly name = 'CloudAway';
}

/** Keystone or Nova refuses Ebb, or Ebb refuses the endpoint: only a person can change that (contract 11.2, 11.5). */
export class CloudRefused extends CloudError {
  override readonly name = 'CloudRefused';
}
