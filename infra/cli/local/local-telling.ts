/**
 * Tells of a run in this process: a line for each event that people want to read, in a terminal with a bar for each group
 * below; or a line of JSON for each.
 */
import { createLogUpdate } from 'log-update';
import { styleText } from 'node:util';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import type { RotationProgress } from '../../../lambdas/core/rotation/rotation-progress.ts';
import { outputColumns } from '../functions/function-command.ts';
import { lineOfEvent } from '../reports/event-lines.ts';
import type { Line } from '../reports/line.ts';
import { nodeName } from '../reports/report-words.ts';
import { groupLine, progressBars } from '../reports/rotation-report.ts';

export interface LocalTelling {
  event(event: DomainEvent): void;
  progress(progress: RotationProgress): void;
  /** Prints the result: as JSON the object, for people the text. */
  end(result: object, text: string): void;
  /** Names of the nodes that are in the middle of their retirement. */
  readonly inHand: readonly string[];
}

const STYLES = { good: 'green', wait: 'yellow', plain: 'reset', quiet: 'dim' } as const;

export function localTelling(json: boolean): LocalTelling {
  const inHand = new Map<string, string>();
  const told = json ? jsonLines() : process.stdout.isTTY ? terminalLines() : plainLines();
  return {
    ...told,
    event(event) {
      follow(event, inHand);
      told.event(event);
    },
    get inHand() {
      return [...inHand.values()];
    },
  };
}

function follow(event: DomainEvent, inHand: Map<string, string>): void {
  if (event.type === 'node.isolated') inHand.set(event.instance, event.node ?? event.instance);
  if (event.type === 'retirement.finished') inHand.delete(event.instance);
}

type Told = Omit<LocalTelling, 'inHand'>;

function jsonLines(): Told {
  const print = (fields: object): void => void process.stdout.write(`${JSON.stringify(fields)}\n`);
  const time = (): string => new Date().toISOString();
  return {
    event: (event) => {
      print({ time: time(), ...event });
    },
    progress: whenChanged((progress) => {
      print({ time: time(), type: 'progress', ...progress });
    }),
    end: (result) => {
      print({ time: time(), type: 'result', ...result });
    },
  };
}

function plainLines(): Told {
  const print = (text: string): void => {
    if (text !== '') process.stdout.write(`${text}\n`);
  };
  return {
    event: (event) => {
      print(eventText(event) ?? '');
    },
    progress: whenChanged(({ groups }) => {
      for (const group of groups) print(`${clock()}  ${groupLine(group)}`);
    }),
    end: (_result, text) => {
      print(text);
    },
  };
}

function terminalLines(): Told {
  const live = createLogUpdate(process.stdout);
  let bars: RotationProgress | undefined;
  const draw = (): void => {
    if (bars !== undefined) live(progressBars(bars, outputColumns()));
  };
  return {
    event(event) {
      const text = eventText(event);
      if (text === undefined) return;
      live.clear();
      process.stdout.write(`${text}\n`);
      draw();
    },
    progress(progress) {
      bars = progress;
      draw();
    },
    end(_result, text) {
      live.clear();
      live.done();
      if (text !== '') process.stdout.write(`${text}\n`);
    },
  };
}

/** Tells of a progress whose numbers have changed. */
function whenChanged(tell: (progress: RotationProgress) => void): (progress: RotationProgress) => void {
  let before = '';
  return (progress) => {
    const now = progress.groups.map(groupLine).join();
    if (now !== before) tell(progress);
    before = now;
  };
}

function eventText(event: DomainEvent): string | undefined {
  const said = lineOfEvent(event);
  if (said === undefined) return undefined;
  const whose = ownerOf(event);
  const name = whose === undefined ? '' : `${nodeName(whose)}  `;
  return `${clock()}  ${styleText(STYLES[said.tone], name + wordsOf(said), { stream: process.stdout })}`;
}

function wordsOf({ verb, text, detail }: Line): string {
  return `${verb === undefined ? '' : `${verb} `}${text}${detail === undefined ? '' : `: ${detail}`}`;
}

/** The node of an event that is about one retirement. */
function ownerOf(event: DomainEvent): string | undefined {
  if (!('execution' in event) || event.type === 'retirement.requested') return undefined;
  const node = 'node' in event ? event.node : undefined;
  return node ?? ('instance' in event ? event.instance : undefined);
}

/** `14:02:07`, by the clock of this machine. */
function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}
