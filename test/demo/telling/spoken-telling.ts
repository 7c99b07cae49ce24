/**
 * The demo for people: a line for each thing that happens, in a terminal with the live view below, and a summary.
 * Without a terminal the same lines come plain.
 */
import { styleText } from 'node:util';
import { driftTable } from '../../../infra/cli/reports/drift-table.ts';
import { counted, nodeName } from '../../../infra/cli/reports/report-words.ts';
import type { LoggedEvent } from '../../installation.ts';
import type { Scene, Telling } from '../scenario.ts';
import { lineOfEvent } from '../../../infra/cli/reports/event-lines.ts';
import type { Line } from '../../../infra/cli/reports/line.ts';
import { lineOfFact, lineOfKill, lineOfTraffic } from './fact-lines.ts';
import { LiveOutput, type LineOutput } from './live-output.ts';
import { Repeats, type Repeated } from './repeats.ts';
import { storyLine } from './story-line.ts';
import { summary } from './summary.ts';
import { wrapLines } from './wrapping.ts';

type Style = Parameters<typeof styleText>[0];

const STYLES = { good: 'green', wait: 'yellow', plain: 'reset', quiet: 'dim' } as const;

/** Where the output is no terminal. */
const PLAIN_COLUMNS = 80;

/** Columns for the name of a node before its line; an instance's id, which stands there before the node is known, fits. */
const NAME_COLUMNS = 19;

/** @param terminal where it is told: live and in colour if it is one */
export function spokenTelling(terminal: NodeJS.WriteStream): Telling {
  const paint = (style: Style, text: string): string => styleText(style, text, { stream: terminal });
  const columns = (): number => terminal.columns || PLAIN_COLUMNS;
  const out: LineOutput =
    terminal.isTTY && terminal.columns > 0 ? new LiveOutput(terminal, paint) : plainOutput(terminal);
  const repeats = new Repeats();
  let scene: Scene | undefined;
  const drawn = (line: Line, at: number, whose?: string): string => {
    const seconds = (at - (scene?.at ?? at)) / 1000;
    const name = whose === undefined || scene?.story === undefined ? undefined : nodeName(whose, NAME_COLUMNS);
    return storyLine(line, { seconds, whose: name, width: columns() }, (text) => paint(STYLES[line.tone], text));
  };
  const drawnRepeat = ({ text, at, whose }: Repeated): string => drawn({ tone: 'quiet', text }, at, whose);
  const flush = (): void => {
    for (const repeated of repeats.take()) out.line(drawnRepeat(repeated));
    out.pending([]);
  };
  const say = (said: Line | undefined, at: number, whose?: string): void => {
    if (said === undefined || scene === undefined) return;
    flush();
    out.line(drawn(said, at, whose));
  };
  return {
    step(doing) {
      out.line(paint('dim', `${doing} …`));
    },
    begin(begun) {
      scene = begun;
      out.line(`\n${wrapLines(opening(begun), columns())}`);
      out.begin(begun);
    },
    event(event) {
      out.event(event);
      if (repeats.add(event)) out.pending(repeats.lines.map(drawnRepeat));
      else say(lineOfEvent(event), Date.parse(event.time), ownerOf(event));
    },
    fact(fact) {
      out.fact(fact);
      say(scene && lineOfFact(fact, scene), fact.at);
    },
    traffic(news) {
      say(lineOfTraffic(news), news.at);
    },
    kill(kill) {
      say(lineOfKill(kill), kill.at);
    },
    plan(reports) {
      out.line(driftTable(reports, columns()));
    },
    end(outcome) {
      flush();
      out.end();
      terminal.write(`\n${summary(outcome, paint, columns())}\n`);
    },
  };
}

function plainOutput(terminal: NodeJS.WriteStream): LineOutput {
  return {
    begin: () => undefined,
    event: () => undefined,
    fact: () => undefined,
    line: (text) => void terminal.write(`${text}\n`),
    pending: () => undefined,
    end: () => undefined,
  };
}

/** The node whose retirement an event is of; undefined for one that names its node itself, or is of none. */
function ownerOf(event: LoggedEvent): string | undefined {
  if (!('execution' in event) || event.type === 'retirement.requested' || event.type === 'operation.answered')
    return undefined;
  if (event.type === 'notice.unverified') return undefined;
  return event.node ?? ('instance' in event ? event.instance : undefined);
}

function opening({ cluster, nodes, pods, group, hook, instance, node, leaving, story }: Scene): string {
  const opened = `Cluster ${cluster}: ${counted(nodes, 'node')}, ${counted(pods, 'pod')}.`;
  if (story !== undefined) return [opened, story, ''].join('\n');
  const leave = leaving.length === 1 ? 'is to leave' : 'are to leave';
  return [
    opened,
    `Group ${group} with hook ${hook.name}, heartbeat ${hook.heartbeatSeconds} s.`,
    `Instance ${instance} is terminated: ${nodeName(node)}, ${counted(leaving.length, 'pod')} ${leave}.`,
    '',
  ].join('\n');
}
