/** Does work for a request; a failure of AWS is a result, of which whoever asks is told. */
import { awsFailure, type AwsFailure } from '../../adapters/aws/failure.ts';

/** @throws errors that are not AWS's */
export async function attempt<Value>(
  work: () => Promise<Value>,
): Promise<{ readonly value: Value } | { readonly failure: AwsFailure }> {
  try {
    return { value: await work() };
  } catch (error) {
    const failure = awsFailure(error);
    if (failure === undefined) throw error;
    return { failure };
  }
}
