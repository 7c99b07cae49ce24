/** Meanings of the fields that say when a budget holds. */
import { NO_LIMIT, type Meaning } from './meaning.ts';

/** Meanings of windows and freezes, which clusters and groups have. @param budget path of the budget */
export function scheduleMeanings(budget: string): Record<string, Meaning> {
  return {
    [`${budget}.windows`]: { does: 'When nodes may begin to leave.', without: 'at any time' },
    [`${budget}.windows[].cron`]: { does: 'When the window opens.' },
    [`${budget}.windows[].durationSeconds`]: { does: 'How long the window stays open.' },
    [`${budget}.windows[].timeZone`]: { does: 'The time zone of `cron`.' },
    [`${budget}.freezes`]: { does: 'Days on which no node begins to leave, whatever the windows.', without: NO_LIMIT },
    [`${budget}.freezes[].from`]: { does: 'The first day of the freeze.' },
    [`${budget}.freezes[].to`]: { does: 'The last day of the freeze.' },
    [`${budget}.freezes[].timeZone`]: { does: 'The time zone in which the days begin and end.' },
  };
}
