/** Failures of calls to AWS: AWS refused or failed, or it did not answer at all. */

export interface AwsFailure {
  readonly kind: 'failed' | 'unanswered';
  readonly reason: string;
}

/** Undefined when the error is not of a call to AWS. An AggregateError is `unanswered` only if all its errors are. */
export function awsFailure(error: unknown): AwsFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  // The SDK puts $metadata on every error of a call, also on errors of its connection.
  const { $metadata, $response } = error as Called;
  if ($metadata !== undefined) {
    const status = $metadata.httpStatusCode ?? $response?.statusCode;
    return { kind: status === undefined ? 'unanswered' : 'failed', reason: `${error.name}: ${error.message}` };
  }
  return error instanceof AggregateError ? severalFailures(error) : undefined;
}

interface Called {
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly statusCode?: number };
}

function severalFailures({ errors, message: reason }: AggregateError): AwsFailure | undefined {
  const failures = errors.map(awsFailure);
  if (failures.includes(undefined)) return undefined;
  return { kind: failures.every((failure) => failure?.kind === 'unanswered') ? 'unanswered' : 'failed', reason };
}
