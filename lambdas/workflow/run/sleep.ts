/** Waiting in process, by the global timer that a driven clock moves. */

export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** What `work` comes to, or undefined if it is not done by then, epoch milliseconds; it goes on all the same. */
export async function inTime<Outcome>(work: Promise<Outcome>, until: number): Promise<Outcome | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, until - Date.now(), undefined);
  });
  // Whoever waits no more hears of no failure.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
