/** Clouds whose code is loaded at the first question only: most installations have none. */
import type { Clouds } from '../../workflow/ports/openstack.ts';

let loaded: Clouds | undefined;

export function lazyClouds(): Clouds {
  return {
    async open(settings) {
      const { clouds } = await import('./clouds.ts');
      loaded ??= clouds();
      return loaded.open(settings);
    },
  };
}
