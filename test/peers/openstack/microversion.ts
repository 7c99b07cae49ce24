/** Microversions of Nova 26: negotiation by header, and the refusal of one that is too new or no version at all. */
export const OLDEST = 1;
export const NEWEST = 93;

/** What follows from the header: the minor version, or the refusal. */
export type Negotiated =
  | { readonly minor: number; readonly asked: string }
  | { readonly code: 400 | 406; readonly message: string; readonly asked: string };

/** @param header `compute 2.65`, `compute latest`; without one Nova speaks 2.1 */
export function negotiate(header = '', newest = NEWEST): Negotiated {
  const [, asked] = /^compute (\S+)$/.exec(header) ?? [];
  switch (asked) {
    case undefined:
      return { minor: OLDEST, asked: `2.${OLDEST}` };
    case 'latest':
      return { minor: newest, asked: `2.${newest}` };
    default:
      return exactly(asked, newest);
  }
}

function exactly(asked: string, newest: number): Negotiated {
  if (!/^\d+\.\d+$/.test(asked)) return { code: 400, message: malformed(asked), asked };
  const [major, number = 0] = asked.split('.').map(Number);
  const isKnown = major === 2 && number >= OLDEST && number <= newest;
  return isKnown ? { minor: number, asked } : { code: 406, message: outOfBounds(asked, newest), asked };
}

function malformed(asked: string): string {
  return `API Version String ${asked} is of invalid format. Must be of format MajorNum.MinorNum.`;
}

function outOfBounds(asked: string, newest: number): string {
  return `Version ${asked} is not supported by the API. Minimum is 2.${OLDEST} and maximum is 2.${newest}.`;
}
