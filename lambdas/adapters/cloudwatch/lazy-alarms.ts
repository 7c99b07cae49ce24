/** Alarms whose client is loaded at the first question only: most rotations name none. */
import type { Alarms } from '../../workflow/ports/cloudwatch.ts';
import type { ClientPlace } from '../aws/clients.ts';

/** @param place @default the region and credentials of the environment */
export function lazyAlarms(place?: ClientPlace): Alarms {
  let loaded: Promise<Alarms> | undefined;
  const load = async (): Promise<Alarms> => {
    const { alarmClient, alarms } = await import('./alarms.ts');
    return alarms(alarmClient(place));
  };
  return {
    named: async (names) => {
      loaded ??= load();
      return await (await loaded).named(names);
    },
  };
}
