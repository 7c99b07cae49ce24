/** What keeps us from somebody's cluster: in words, with what to do about it. */
export class OwnClusterFault extends Error {
  override readonly name = 'OwnClusterFault';
  /** What the user can do, a line each. */
  readonly fix: readonly string[];

  constructor(message: string, fix: readonly string[], cause?: unknown) {
    super(message, { cause });
    this.fix = fix;
  }
}

/** The words of whatever was thrown; a failure to connect to several addresses has its words in its parts. */
export function wordsOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(wordsOf).join(', ');
  return error instanceof Error ? error.message.trim() || error.name : String(error);
}
