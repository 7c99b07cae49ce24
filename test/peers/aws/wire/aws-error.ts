/** A refusal as AWS would answer it; each protocol renders it in its own shape. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  /** @param code the error's code, such as `ValidationError`; @param status the HTTP status, 400 unless told. */
  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = 'AwsError';
    this.code = code;
    this.status = status;
  }
}
