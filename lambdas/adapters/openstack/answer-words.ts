/** The words of an answer that says no: Nova's and Keystone's messages, without anything secret (contract 13.3). */
import type { Answer } from './transport.ts';

/** Most characters of a server's message that are repeated. */
const LONGEST = 300;

/**
 * Returns what the server says, such as `409 Instance … is locked`.
 *
 * @param secrets texts that must not be repeated: Keystone quotes what it does not take
 */
export function answerWords({ status, body }: Answer, secrets: readonly string[] = []): string {
  const said = messageIn(body);
  if (said === undefined) return `${status}`;
  const clean = secrets.reduce((words, secret) => (secret === '' ? words : words.replaceAll(secret, '…')), said);
  return `${status} ${clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean}`;
}

/** Both wrap the message in one object, whose name differs: `error`, `badRequest`, `conflictingRequest`, `forbidden`. */
function messageIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const parts: unknown[] = [body, ...(Object.values(body) as unknown[])];
  for (const part of parts) {
    const { message } = (typeof part === 'object' && part !== null ? part : {}) as { message?: unknown };
    if (typeof message === 'string') return message.replaceAll(/\s+/g, ' ');
  }
  return undefined;
}
