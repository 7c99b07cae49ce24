/** Paging by an opaque token, as AWS's Describe calls do it. */
import { AwsError } from './aws-error.ts';

export interface Page<T> {
  readonly page: readonly T[];
  readonly nextToken: string | undefined;
}

/** The page of `all` that starts where `token` says, of at most `size` items. */
export function pageOf<T>(all: readonly T[], size: number, token: string | undefined): Page<T> {
  const start = token === undefined ? 0 : Number(Buffer.from(token, 'base64url').toString());
  if (!Number.isInteger(start) || start < 0) throw new AwsError('InvalidNextToken', `Invalid token: '${token ?? ''}'`);
  const end = start + size;
  const nextToken = end < all.length ? Buffer.from(String(end)).toString('base64url') : undefined;
  return { page: all.slice(start, end), nextToken };
}
