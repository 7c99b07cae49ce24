/**
 * Answers that do not come from AWS: a page of HTML, mostly with status 503, from a load balancer or a proxy on the
 * way. The SDK retries by the status. Its last error says only that XML or JSON cannot be parsed.
 */

/** An answer that is not from AWS. The message has its status: look on the way to AWS, not at a parser. */
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

/** Client middleware that throws UnreadableAnswer in place of such a parse error. */
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

/** Whether the answer is not from AWS. Errors of AWS have `$fault`; an answer that breaks off keeps its own error. */
function isUnread(error: unknown): error is UnreadAnswer {
  if (!(error instanceof Error) || '$fault' in error) return false;
  const { statusCode = 0, headers = {} } = (error as Partial<UnreadAnswer>).$response ?? {};
  return statusCode >= 500 || /\bhtml\b/i.test(headers['content-type'] ?? '');
}
