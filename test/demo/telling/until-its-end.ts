import type { Telling } from '../scenario.ts';

/** Tells nothing after the outcome, which is the last word: functions go on until the peers have stopped. */
export function untilItsEnd(telling: Telling): Telling {
  let hasEnded = false;
  const unlessEnded = <News>(tell: (news: News) => void) => {
    return (news: News): void => {
      if (!hasEnded) tell(news);
    };
  };
  return {
    ...telling,
    event: unlessEnded((event) => {
      telling.event(event);
    }),
    fact: unlessEnded((fact) => {
      telling.fact(fact);
    }),
    traffic: unlessEnded((news) => telling.traffic?.(news)),
    kill: unlessEnded((kill) => telling.kill?.(kill)),
    end: (outcome) => {
      hasEnded = true;
      telling.end(outcome);
    },
  };
}
