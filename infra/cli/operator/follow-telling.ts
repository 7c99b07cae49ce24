/**
 * Tells of a rotation that is followed: in a terminal a bar for each group, drawn anew; elsewhere a line for each change; or
 * a line of JSON for each.
 */
import { createLogUpdate } from 'log-update';
import type { RotationStatus } from '../../../lambdas/core/operator/outcome.ts';
import { outputColumns } from '../functions/function-command.ts';
import { groupLine } from '../reports/rotation-report.ts';
import { expectedEndOf, hasEnded, rotationStatusText } from '../reports/rotation-status-report.ts';

export interface FollowTelling extends Disposable {
  status(status: RotationStatus): void;
}

export function followTelling(json: boolean): FollowTelling {
  if (json) return jsonLines();
  return process.stdout.isTTY ? terminal() : plainLines();
}

function jsonLines(): FollowTelling {
  let before = '';
  return {
    status(status) {
      // It is foretold anew at each look.
      const now = JSON.stringify({ ...status, expectedEnd: undefined });
      if (now !== before) print(JSON.stringify(status));
      before = now;
    },
    [Symbol.dispose]: () => undefined,
  };
}

function plainLines(): FollowTelling {
  const before = new Map<string, string>();
  const change = (what: string, line: string, words: string = line): void => {
    if (before.get(what) !== line && line !== '') print(`${clock()}  ${words}`);
    before.set(what, line);
  };
  return {
    status(status) {
      const { state, progress } = status;
      if (hasEnded(status)) {
        print(textOf(status));
        return;
      }
      change('state', state);
      const end = expectedEndOf(status, Date.now());
      for (const group of progress?.groups ?? []) {
        const line = groupLine(group);
        change(`group ${group.group}`, line, end === undefined ? line : `${line}; ${end}`);
      }
      const waits = progress?.waitingFor ?? [];
      change('waits', waits.length === 0 ? '' : `waits for ${waits.join(', ')}`);
    },
    [Symbol.dispose]: () => undefined,
  };
}

/** How often the times in the frame are drawn anew, milliseconds. */
const REFRESH_MS = 1_000;

function terminal(): FollowTelling {
  const live = createLogUpdate(process.stdout);
  let latest: RotationStatus | undefined;
  const draw = (): void => {
    if (latest !== undefined) live(textOf(latest));
  };
  const refresh = setInterval(draw, REFRESH_MS);
  return {
    status(status) {
      latest = status;
      if (!hasEnded(status)) {
        draw();
        return;
      }
      clearInterval(refresh);
      // The end stays, whole, however low the terminal is.
      live.clear();
      print(textOf(status));
    },
    [Symbol.dispose]: () => {
      clearInterval(refresh);
      live.done();
    },
  };
}

function textOf(status: RotationStatus): string {
  return rotationStatusText(status, { now: Date.now(), columns: outputColumns() });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** `14:02:07`, by the clock of this machine. */
function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
