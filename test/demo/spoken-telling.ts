/**
 * The demo for people: a line for each thing that happens, in a terminal with a progress bar below, and a summary.
 * Without a terminal the same lines come plain.
 */
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { styleText } from 'node:util';
import type { LoggedEvent } from '../installation.ts';
import type { Fact } from '../peers/kubernetes/facts.ts';
import type { Scene, Telling } from './scenario.ts';
import { summary } from './summary.ts';

type Tone = 'good' | 'wait' | 'plain' | 'quiet';

const STYLES = { good: 'green', wait: 'yellow', plain: 'reset', quiet: 'dim' } as const;

interface Line {
  readonly tone: Tone;
  readonly text: string;
}

export function spokenTelling(terminal: NodeJS.WriteStream): Telling {
  const out = terminal.isTTY ? new BarOutput(terminal) : new PlainOutput(terminal);
  let scene: Scene | undefined;
  const say = (line: Line | undefined, at: number): void => {
    if (line === undefined || scene === undefined) return;
    const seconds = `+${((at - scene.at) / 1000).toFixed(1)} s`.padStart(8);
    out.line(`${seconds}  ${styleText(STYLES[line.tone], line.text, { stream: terminal })}`);
  };
  return {
    begin(begun) {
      scene = begun;
      out.line(opening(begun));
      out.begin(begun.leaving.length);
    },
    event(event) {
      say(lineOfEvent(event), Date.parse(event.time));
      if (event.type === 'pod.gone') out.advance();
    },
    fact(fact) {
      say(scene && lineOfFact(fact, scene), fact.at);
    },
    end(outcome) {
      out.end();
      terminal.write(`\n${summary(outcome, (style, text) => styleText(style, text, { stream: terminal }))}\n`);
    },
  };
}

function opening({ cluster, nodes, pods, group, hook, instance, node, leaving }: Scene): string {
  return [
    `Cluster ${cluster}: ${nodes} nodes, ${pods} pods. Group ${group} with hook ${hook.name} (heartbeat ${hook.heartbeatSeconds} s).`,
    `Instance ${instance} is terminated: node ${node}, ${leaving.length} pods are to leave.`,
    '',
  ].join('\n');
}

type Said = {
  readonly [Type in LoggedEvent['type']]: (event: Extract<LoggedEvent, { type: Type }>) => Line | undefined;
};

/** What is said of each domain event; a new one must find its words here. */
const SAID: Said = {
  'retirement.requested': () => undefined,
  'retirement.started': ({ deadline }) => plain(`retirement started, deadline ${deadline.slice(11, 19)} UTC`),
  'node.isolated': () => plain('node isolated: tainted, cordoned, kept out of load balancers'),
  'node.restored': () => plain('node restored'),
  'pod.evicted': ({ pod, warning }) => plain(`evicted  ${pod}${warning === undefined ? '' : ` (${warning})`}`),
  'pod.forced': ({ pod, graceSeconds }) => wait(`forced   ${pod}, grace ${graceSeconds} s`),
  'eviction.blocked': ({ pod, explanation }) => wait(`blocked  ${pod}: ${explanation}`),
  'pod.gone': ({ pod }) => quiet(`gone     ${pod}`),
  'node.drained': ({ pods }) => good(`node drained: ${pods} pods`),
  'volumes.detached': () => good('volumes detached'),
  'volumes.kept': ({ volumes }) => wait(`volumes still attached: ${volumes.join(', ')}`),
  'heartbeat.recorded': ({ nextInSeconds }) => quiet(`heartbeat, the next in ${nextInSeconds} s`),
  'hook.completed': ({ outcome }) => good(`hook ${outcome}`),
  'retirement.suspended': ({ seconds }) => quiet(`suspended for ${seconds} s`),
  'retirement.finished': ({ result }) => good(`retirement finished: ${result}`),
  'cluster.away': ({ reason }) => wait(`cluster away: ${reason}`),
  'node.missing': () => wait('the instance has no node: it never joined'),
  'notice.ignored': ({ reason }) => quiet(`notice ignored: ${reason}`),
  'notice.refused': ({ reason }) => wait(`notice refused: ${reason}`),
  'notice.released': ({ reason }) => wait(`hook completed without a drain: ${reason}`),
};

function lineOfEvent(event: LoggedEvent): Line | undefined {
  return (SAID[event.type] as (event: LoggedEvent) => Line | undefined)(event);
}

const line =
  (tone: Tone) =>
  (text: string): Line => ({ tone, text });
const plain = line('plain');
const quiet = line('quiet');
const wait = line('wait');
const good = line('good');

function lineOfFact(fact: Fact, { node }: Scene): Line | undefined {
  if (fact.kind === 'podReady' && fact.node !== node) {
    return { tone: 'good', text: `Ready    ${fact.namespace}/${fact.pod} on ${fact.node ?? '?'}` };
  }
  if (fact.kind === 'volumeDetached' && fact.node === node)
    return { tone: 'quiet', text: `volume   ${fact.volume} detached` };
  if (fact.kind === 'volumeAttached')
    return { tone: 'quiet', text: `volume   ${fact.volume} attached to ${fact.node}` };
  return undefined;
}

interface Output {
  line(text: string): void;
  begin(total: number): void;
  advance(): void;
  end(): void;
}

class PlainOutput implements Output {
  readonly #stream: NodeJS.WritableStream;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  line(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  begin(): void {
    // Lines alone tell how far it is.
  }

  advance(): void {
    // As above.
  }

  end(): void {
    // As above.
  }
}

class BarOutput implements Output {
  readonly #bars: MultiBar;
  #bar: SingleBar | undefined;

  constructor(stream: NodeJS.WriteStream) {
    this.#bars = new MultiBar(
      { stream, hideCursor: true, clearOnComplete: true, format: '  draining {bar} {value}/{total} pods gone' },
      Presets.shades_classic,
    );
  }

  line(text: string): void {
    this.#bars.log(`${text}\n`);
  }

  begin(total: number): void {
    this.#bar = this.#bars.create(total, 0);
  }

  advance(): void {
    this.#bar?.increment();
  }

  end(): void {
    this.#bars.update();
    this.#bars.stop();
  }
}
