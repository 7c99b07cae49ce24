/** Tells the peer when the function's own next timer is due, so that a driven clock can jump to it. */

/**
 * Wraps the thread's (already driven) timeouts.
 *
 * @param shared holds the next due time from now on, 0 when there is none
 * @param onFire called before a timer's time is forgotten: what it sets off has not begun yet, and must not be jumped over
 */
export function watchTimers(shared: SharedArrayBuffer, onFire: () => void): void {
  const next = new Float64Array(shared);
  const due = new Map<unknown, number>();
  const driven = { set: globalThis.setTimeout, clear: globalThis.clearTimeout };
  const publish = (): void => {
    next[0] = due.size === 0 ? 0 : Math.min(...due.values());
  };
  const forget = (timer: unknown): void => {
    if (due.delete(timer)) publish();
  };
  const set = (run: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]): unknown => {
    const timer = driven.set(() => {
      onFire();
      forget(timer);
      run(...args);
    }, milliseconds);
    due.set(timer, Date.now() + milliseconds);
    publish();
    return timer;
  };
  const clear = (timer: unknown): void => {
    forget(timer);
    driven.clear(timer as NodeJS.Timeout);
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
}
