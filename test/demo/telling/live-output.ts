/** The terminal: lines scroll above, the live frame is drawn anew below them. */
import { createLogUpdate } from 'log-update';
import type { LoggedEvent } from '../../installation.ts';
import type { Fact } from '../../peers/kubernetes/storage/facts.ts';
import { Board } from './board.ts';
import { liveFrame, type Paint } from './live-frame.ts';
import type { Scene } from '../scenario.ts';

/** Where the lines of a telling go. */
export interface LineOutput {
  begin(scene: Scene): void;
  event(event: LoggedEvent): void;
  fact(fact: Fact): void;
  line(text: string): void;
  /** Lines that are not final: drawn below those that are, and replaced by the next ones. */
  pending(lines: readonly string[]): void;
  end(): void;
}

/** Milliseconds between two frames when nothing happens: the clocks in it go on. */
const REFRESH_MS = 200;

export class LiveOutput implements LineOutput {
  readonly #terminal: NodeJS.WriteStream;
  readonly #paint: Paint;
  readonly #update: ReturnType<typeof createLogUpdate>;
  #drawing: Drawing | undefined;
  #pending: readonly string[] = [];

  constructor(terminal: NodeJS.WriteStream, paint: Paint) {
    this.#terminal = terminal;
    this.#paint = paint;
    this.#update = createLogUpdate(terminal, { showCursor: false });
  }

  begin(scene: Scene): void {
    const refresh = setInterval(() => {
      this.#draw();
    }, REFRESH_MS);
    refresh.unref();
    const { at, hook } = scene;
    const heldUntil = at + hook.heartbeatSeconds * 1000;
    this.#drawing = { scene, board: new Board(scene.standing), refresh, heldUntil, hookOver: false, gone: new Set() };
    this.#draw();
  }

  event(event: LoggedEvent): void {
    const drawing = this.#drawing;
    if (drawing === undefined) return;
    drawing.board.event(event);
    if (event.type === 'pod.gone' && drawing.scene.leaving.includes(event.pod)) drawing.gone.add(event.pod);
    if (event.type === 'hook.completed') drawing.hookOver = true;
    if (event.type === 'heartbeat.recorded') {
      drawing.heldUntil = Date.parse(event.time) + drawing.scene.hook.heartbeatSeconds * 1000;
    }
  }

  fact(fact: Fact): void {
    this.#drawing?.board.fact(fact);
  }

  line(text: string): void {
    this.#update.persist(text);
    this.#draw();
  }

  pending(lines: readonly string[]): void {
    this.#pending = lines;
  }

  end(): void {
    this.#draw();
    clearInterval(this.#drawing?.refresh);
    this.#update.done();
  }

  #draw(): void {
    if (this.#drawing === undefined) return;
    const { scene, board, heldUntil, hookOver, gone } = this.#drawing;
    const now = scene.now();
    const times = {
      elapsed: (now - scene.at) / 1000,
      hookLeft: (heldUntil - now) / 1000,
      hookTimeout: scene.hook.heartbeatSeconds,
      hookOver,
      leaving: scene.leaving.length,
      gone: gone.size,
    };
    this.#update(
      [
        ...this.#pending,
        liveFrame(board, scene.story === undefined ? times : { elapsed: times.elapsed }, {
          columns: this.#terminal.columns,
          paint: this.#paint,
        }),
      ].join('\n'),
    );
  }
}

interface Drawing {
  readonly scene: Scene;
  readonly board: Board;
  readonly refresh: NodeJS.Timeout;
  /** Epoch milliseconds. */
  heldUntil: number;
  hookOver: boolean;
  /** Names of those that were to leave. */
  readonly gone: Set<string>;
}
