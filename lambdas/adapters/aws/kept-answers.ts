/** Cached answers: asked for once, then kept for a while in this process. */

/** Returns `look` with a cache. Callers at the same time share one look, and a failure is not kept. */
export function keptFor<Answer>(
  milliseconds: number,
  look: (key: string) => Promise<Answer>,
): (key: string) => Promise<Answer> {
  const kept = new Map<string, { readonly answer: Promise<Answer>; until: number }>();
  return (key) => {
    const known = kept.get(key);
    if (known !== undefined && Date.now() < known.until) return known.answer;
    const looking = { answer: look(key), until: Infinity };
    kept.set(key, looking);
    looking.answer.then(
      () => (looking.until = Date.now() + milliseconds),
      () => kept.delete(key),
    );
    return looking.answer;
  };
}
