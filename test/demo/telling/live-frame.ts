/**
 * One frame of the live view: the hook's time, the nodes side by side with a mark for each pod, and what the budgets
 * allow. Marks differ without colour too, and nothing is wider than the terminal.
 */
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import { counted, nodeName } from '../../../infra/cli/reports/report-words.ts';
import type { Board, PodState } from './board.ts';

export type Paint = (style: 'green' | 'yellow' | 'red' | 'dim' | 'bold', text: string) => string;

/** Of a story about many nodes, whose hooks come and go. */
export interface StoryTimes {
  /** Seconds since it began. */
  readonly elapsed: number;
}

export interface FrameTimes extends StoryTimes {
  /** Seconds that the hook still holds the instance, and how many it does after a heartbeat. */
  readonly hookLeft: number;
  readonly hookTimeout: number;
  /** Set once the hook has been completed. */
  readonly hookOver: boolean;
  /** Pods that were to leave the node, and how many have gone. */
  readonly leaving: number;
  readonly gone: number;
}

const MARKS: Readonly<Record<PodState, { mark: string; style: 'green' | 'yellow' | 'dim' | 'red' }>> = {
  ready: { mark: '●', style: 'green' },
  starting: { mark: '◔', style: 'yellow' },
  blocked: { mark: '■', style: 'red' },
  leaving: { mark: '○', style: 'dim' },
};

const NAMES_WIDTH = 22;
const GAP = 2;
const BAR_WIDTH = 24;

/** @param columns of the terminal: no line is wider, and from 60 on none is cut */
export function liveFrame(
  board: Board,
  times: FrameTimes | StoryTimes,
  { columns, paint }: { columns: number; paint: Paint },
): string {
  const width = Math.max(6, Math.floor((columns - NAMES_WIDTH) / Math.max(1, board.nodes.length)) - GAP);
  const row = (name: string, cells: readonly string[]): string =>
    [fit(name, NAMES_WIDTH), ...cells.map((cell) => fit(cell, width))].join(' '.repeat(GAP)).trimEnd();
  return [
    '',
    ...progressLines(times, paint),
    '',
    row(
      '',
      board.nodes.map((node) => nodeTitle(node, board, width, paint)),
    ),
    ...board.workloads.map((workload) =>
      row(
        workload,
        board.nodes.map((node) => cell(board, { workload, node, width }, paint)),
      ),
    ),
    '',
    ...wrapped(
      'allowed now: ',
      [...board.budgets].map(([name, allowed]) => `${name} ${allowed}`),
      columns,
    ),
    legend(paint),
  ]
    .map((line) => cliTruncate(line, columns))
    .join('\n');
}

function progressLines(times: FrameTimes | StoryTimes, paint: Paint): string[] {
  const { elapsed } = times;
  if (!('hookLeft' in times)) return [`+${elapsed.toFixed(0)} s`.padStart(8)];
  const { hookLeft, hookTimeout, hookOver, leaving, gone } = times;
  const left = Math.max(0, hookLeft);
  const hook = hookOver ? 'completed' : `${bar(left / hookTimeout, paint)} ${Math.ceil(left)} of ${hookTimeout} s left`;
  return [
    `${`+${elapsed.toFixed(1)} s`.padStart(8)}  hook   ${hook}`,
    `${' '.repeat(8)}  drain  ${bar(leaving === 0 ? 1 : gone / leaving, paint)} ${gone} of ${counted(leaving, 'pod')} gone`,
  ];
}

function bar(share: number, paint: Paint): string {
  const full = Math.round(Math.min(1, share) * BAR_WIDTH);
  return paint('bold', '━'.repeat(full)) + paint('dim', '╌'.repeat(BAR_WIDTH - full));
}

function nodeTitle(node: string, board: Board, width: number, paint: Paint): string {
  return board.isIsolated(node) ? paint('yellow', `${nodeName(node, width - 2)} ⇢`) : nodeName(node, width);
}

function cell(board: Board, at: { workload: string; node: string; width: number }, paint: Paint): string {
  const pods = board.podsOf(at.workload, at.node);
  if (pods.length > at.width) return cliTruncate(`${pods.length} pods`, at.width);
  return pods.map(({ state }) => paint(MARKS[state].style, MARKS[state].mark)).join('');
}

function legend(paint: Paint): string {
  const marks = Object.entries(MARKS).map(([state, { mark, style }]) => `${paint(style, mark)} ${state}`);
  return `${marks.join('  ')}  ⇢ isolated`;
}

function wrapped(head: string, parts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  let line = head;
  for (const part of parts) {
    if (stringWidth(`${line}${part}`) > columns && line.trim() !== head.trim()) {
      lines.push(line.trimEnd());
      line = ' '.repeat(head.length);
    }
    line += `${part}  `;
  }
  return parts.length === 0 ? [] : [...lines, line.trimEnd()];
}

/** Cuts or fills to a width; escape sequences take no room. */
function fit(text: string, width: number): string {
  const missing = width - stringWidth(text);
  return missing >= 0 ? text + ' '.repeat(missing) : cliTruncate(text, width);
}
