/** The live view at the sizes and without the colours that terminals have. */
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import type { Fact, PodEvent } from '../../peers/kubernetes/storage/facts.ts';
import { Board } from './board.ts';
import { liveFrame, type FrameTimes, type Paint } from './live-frame.ts';

const NODES = ['ip-10-0-0-10.eu-central-1.compute.internal', 'ip-10-0-0-11.eu-central-1.compute.internal', 'c'];
const TIMES: FrameTimes = { elapsed: 3.04, hookLeft: 290.2, hookTimeout: 300, hookOver: false, leaving: 10, gone: 4 };
const PLAIN: Paint = (_style, text) => text;
const COLOURED: Paint = (_style, text) => `\u001b[32m${text}\u001b[39m`;

function podFact(kind: PodEvent, pod: string, node = NODES[0] ?? ''): Fact {
  return { kind, at: 0, namespace: 'shop', pod, uid: pod, node, workload: 'ReplicaSet/web-5d57b6f59b' };
}

function standing(): Board {
  return new Board([
    ...NODES.map((node): Fact => ({ kind: 'nodeAdded', at: 0, node })),
    ...['a', 'b', 'c'].map((pod) => podFact('podReady', pod)),
    { kind: 'budgetAllows', at: 0, namespace: 'shop', budget: 'web', allowed: 1 },
  ]);
}

function lines(board: Board, columns = 80, paint = PLAIN): string[] {
  return liveFrame(board, TIMES, { columns, paint }).split('\n');
}

function cellsOf(board: Board): string[] {
  const row = lines(board).find((line) => line.startsWith('shop/web '));
  return row?.split(/\s+/).slice(1) ?? [];
}

describe('a frame', () => {
  test.each([40, 60, 80, 132])('is no wider than %i columns, in colour or without', (columns) => {
    const board = standing();
    for (let number = 0; number < 60; number += 1) board.fact(podFact('podReady', `many-${number}`, 'c'));
    for (const paint of [PLAIN, COLOURED]) {
      const widest = Math.max(...lines(board, columns, paint).map((line) => stringWidth(line)));
      expect(widest).toBeLessThanOrEqual(columns);
    }
  });

  test('tells every state of a pod without colour', () => {
    const board = standing();
    board.fact(podFact('podTerminating', 'a'));
    board.event({ type: 'eviction.blocked', uid: 'b' } as Parameters<Board['event']>[0]);
    board.fact(podFact('podScheduled', 'new', NODES[1]));
    expect(cellsOf(board)).toEqual(['○■●', '◔']);
  });

  test('shows a pod move: gone here, Ready there', () => {
    const board = standing();
    board.fact(podFact('podGone', 'a'));
    board.fact(podFact('podReady', 'new', 'c'));
    expect(cellsOf(board)).toEqual(['●●', '●']);
  });

  test('marks the node that is isolated, and tells what the budgets allow', () => {
    const board = standing();
    board.fact({ kind: 'nodeCordoned', at: 0, node: NODES[0] ?? '' });
    board.fact({ kind: 'budgetAllows', at: 0, namespace: 'shop', budget: 'web', allowed: 0 });
    expect(lines(board).join('\n')).toMatch(/ip-10-0-0-10 ⇢/);
    expect(lines(board)).toContain('allowed now: shop/web 0');
  });

  test('tells how long the hook still holds, how far the drain is, and when the hook is over', () => {
    expect(lines(standing()).join('\n')).toMatch(/\+3\.0 s {2}hook .* 291 of 300 s left/);
    expect(lines(standing()).join('\n')).toMatch(/drain .* 4 of 10 pods gone/);
    const over = liveFrame(standing(), { ...TIMES, hookOver: true }, { columns: 80, paint: PLAIN });
    expect(over).toMatch(/hook {3}completed/);
  });
});
