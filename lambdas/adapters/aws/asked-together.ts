import DataLoader from 'dataloader';

/**
 * Makes one call of the questions that are asked at the same time: all calls of an account share one rate. An answer is not
 * kept, because it may change.
 *
 * @param most questions of one call, at most
 * @param ask answers each of the questions, in their order
 */
export function askedTogether<Answer>(
  most: number,
  ask: (questions: readonly string[]) => Promise<Answer[]>,
): (question: string) => Promise<Answer> {
  const loader = new DataLoader<string, Answer>(
    (questions) => {
      loader.clearAll();
      return ask(questions);
    },
    { maxBatchSize: most },
  );
  return (question) => loader.load(question);
}
