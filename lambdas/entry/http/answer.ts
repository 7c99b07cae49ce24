/** Answers by HTTP that every function with a URL gives: JSON that says what happened and what to do. */
import type { AwsFailure } from '../../adapters/aws/failure.ts';

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Seconds after which the caller should ask again. */
export const RETRY_AFTER = '15';

/** Characters at which a message of AWS is cut. */
const LONGEST_REASON = 1_000;

export function answer(
  statusCode: number,
  content: object,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const body = `${JSON.stringify(content)}\n`;
  return { statusCode, headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }, body };
}

/** @param faults each names its field and says what it must be */
export const badRequest = (faults: readonly string[]): HttpAnswer => answer(400, { error: 'bad request', faults });

/** @param served methods and paths that there are */
export const noSuchPath = (served: string): HttpAnswer =>
  answer(404, { error: 'not found', message: `there is nothing here: use ${served}` });

export const wrongMethod = (allowed: string): HttpAnswer =>
  answer(405, { error: 'method not allowed', message: `use ${allowed}` }, { allow: allowed });

export const bodyTooLarge = (limit: number): HttpAnswer =>
  answer(413, { error: 'body too large', message: `send ${limit} bytes at most: a few fields are enough` });

/** @param instead what else may be done @default nothing */
export const wrongContentType = (instead = ''): HttpAnswer =>
  answer(415, {
    error: 'unsupported media type',
    message: `send the body as JSON in UTF-8 with Content-Type: application/json${instead}`,
  });

/** @param fix what to do about it, where that is known */
export function answerToFailure({ kind, reason }: AwsFailure, fix?: string): HttpAnswer {
  const message = 'what could be done is done, and asking again goes on from there';
  const content = { message, reason: reason.slice(0, LONGEST_REASON), ...(fix !== undefined && { fix }) };
  const headers = { 'retry-after': RETRY_AFTER };
  return kind === 'failed'
    ? answer(502, { error: 'AWS failed', ...content }, headers)
    : answer(504, { error: 'AWS did not answer', ...content }, headers);
}
