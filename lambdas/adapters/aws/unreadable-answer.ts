/**
 * Answers that are not AWS's own: a page of HTML, with 503 mostly, from a load balancer or a proxy on the way. The SDK
 * tries again by their status, and tells of the last one that its XML or JSON cannot be parsed.
 */

/** Told with the status, so that whoever reads it looks on the way to AWS and not for a fault of a parser. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
  readonly $metadata: unknown;

  constructor(call: string, { $response, $metadata, cause }: UnreadAnswer & { readonly cause: unknown }) {
    const { statusCode, headers = {} } = $response;
    const type = headers['content-type'] ?? 'no content type';
    super(`${call} was answered with HTTP status ${statusCode} and ${type}, which is no answer of AWS's`, { cause });
    this.$metadata = $metadata;
  }
}

interface UnreadAnswer {
  readonly $response: { readonly statusCode: number; readonly headers?: Readonly<Record<string, string>> };
  readonly $metadata: unknown;
}

type Next<Call, Answer> = (call: Call) => Promise<Answer>;

/** A client's middleware that tells of such answers. */
export function reportUnreadable<Call, Answer>(
  next: Next<Call, Answer>,
  { clientName = 'AWS', commandName = '' }: { readonly clientName?: string; readonly commandName?: string },
): Next<Call, Answer> {
  return async (call) => {
    try {
      return await next(call);
    } catch (error) {
      if (!isUnread(error)) throw error;
      throw new UnreadableAnswer(`${clientName} ${commandName}`, {
        ...error,
        $response: error.$response,
        cause: error,
      });
    }
  };
}

/** An error that AWS has a name for says whose fault it is (`$fault`); an answer that breaks off in mid body is told as such. */
function isUnread(error: unknown): error is UnreadAnswer {
  if (!(error instanceof Error) || '$fault' in error) return false;
  const { statusCode = 0, headers = {} } = (error as Partial<UnreadAnswer>).$response ?? {};
  return statusCode >= 500 || /\bhtml\b/i.test(headers['content-type'] ?? '');
}
