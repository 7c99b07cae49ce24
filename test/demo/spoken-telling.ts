/**
 * The demo for people: a line for each thing that happens, in a terminal with the live view below, and a summary.
 * Without a terminal the same lines come plain.
 */
import { styleText } from 'node:util';
import { driftTable } from '../../infra/cli/reports/drift-table.ts';
import type { LoggedEvent } from '../installation.ts';
import type { Fact } from '../peers/kubernetes/facts.ts';
import { LiveOutput, type LineOutput } from './live-output.ts';
import type { Scene, Telling, TrafficNews } from './scenario.ts';
import { summary } from './summary.ts';

type Tone = 'good' | 'wait' | 'plain' | 'quiet';

type Style = Parameters<typeof styleText>[0];

const STYLES = { good: 'green', wait: 'yellow', plain: 'reset', quiet: 'dim' } as const;

interface Line {
  readonly tone: Tone;
  readonly text: string;
}

/** @param terminal where it is told: live and in colour if it is one */
export function spokenTelling(terminal: NodeJS.WriteStream): Telling {
  const paint = (style: Style, text: string): string => styleText(style, text, { stream: terminal });
  const out: LineOutput =
    terminal.isTTY && terminal.columns > 0
      ? new LiveOutput(terminal, paint)
      : {
          begin: () => undefined,
          event: () => undefined,
          fact: () => undefined,
          line: (text) => void terminal.write(`${text}\n`),
          end: () => undefined,
        };
  let scene: Scene | undefined;
  const say = (said: Line | undefined, at: number): void => {
    if (said === undefined || scene === undefined) return;
    const seconds = `+${((at - scene.at) / 1000).toFixed(1)} s`.padStart(8);
    out.line(`${seconds}  ${paint(STYLES[said.tone], said.text)}`);
  };
  return {
    begin(begun) {
      scene = begun;
      out.line(opening(begun));
      out.begin(begun);
    },
    event(event) {
      out.event(event);
      say(withNode(lineOfEvent(event), event, scene), Date.parse(event.time));
    },
    fact(fact) {
      out.fact(fact);
      say(scene && lineOfFact(fact, scene), fact.at);
    },
    traffic(news) {
      say(lineOfTraffic(news), news.at);
    },
    plan(reports) {
      out.line(driftTable(reports, terminal.columns || PLAIN_COLUMNS));
    },
    end(outcome) {
      out.end();
      terminal.write(`\n${summary(outcome, paint)}\n`);
    },
  };
}

/** Where several nodes retire side by side, each line of a retirement says whose it is. */
function withNode(said: Line | undefined, event: LoggedEvent, scene: Scene | undefined): Line | undefined {
  if (said === undefined || scene?.story === undefined) return said;
  if (!('execution' in event) || event.node === undefined || event.type === 'retirement.requested') return said;
  return { ...said, text: `${shortNode(event.node)}  ${said.text}` };
}

function opening({ cluster, nodes, pods, group, hook, instance, node, leaving, story }: Scene): string {
  const opened = `Cluster ${cluster}: ${nodes} nodes, ${pods} pods.`;
  if (story !== undefined) return [opened, story, ''].join('\n');
  return [
    opened,
    `Group ${group} with hook ${hook.name}, heartbeat ${hook.heartbeatSeconds} s.`,
    `Instance ${instance} is terminated: ${shortNode(node)}, ${leaving.length} pods are to leave.`,
    '',
  ].join('\n');
}

/** A node's name without the domain that all of them share. */
function shortNode(node: string): string {
  return node.split('.')[0] ?? node;
}

/** Where the output is no terminal. */
const PLAIN_COLUMNS = 80;

/** Under the words that follow time and verb. */
const INDENT = ' '.repeat(19);

type Said = {
  readonly [Type in LoggedEvent['type']]: (event: Extract<LoggedEvent, { type: Type }>) => Line | undefined;
};

/** What is said of each domain event; a new one must find its words here. */
const SAID: Said = {
  'retirement.requested': ({ node, taint }) =>
    node === undefined ? undefined : plain(`turn of  ${shortNode(node)}, tainted ${taint ?? ''}`),
  'retirement.started': ({ deadline }) => plain(`retirement started, deadline ${deadline.slice(11, 19)} UTC`),
  'retirement.joined': ({ other }) => plain(`retirement ends: ${other} is in charge of the node`),
  'retirement.held': ({ reason }) => wait(`held back: ${reason}`),
  'node.isolated': () => plain('node isolated: tainted, cordoned, kept out of load balancers'),
  'node.reisolated': ({ missing }) => wait(`node isolated again: somebody took off ${missing.join(', ')}`),
  'node.restored': () => plain('node restored'),
  'node.dead': ({ reason }) => wait(`node dead: ${reason}`),
  'drain.planned': ({ fits, seconds, reason }) =>
    (fits ? quiet : wait)(
      `plan: ${seconds === undefined ? 'does not end by itself' : `at most ${seconds} s`}, ${fits ? 'fits' : 'will not fit'}; ${reason}`,
    ),
  'targets.deregistered': ({ pools }) => plain(`out of ${pools.join(', ')}: no new requests`),
  'targets.drained': () => plain('targets drained: nothing reaches the node any more'),
  'targets.late': ({ pools, reason }) => wait(`load balancers not waited for: ${[...pools, reason].join(', ')}`),
  'targets.registered': ({ pools }) => plain(`back in ${pools.join(', ')}`),
  'targets.unregistered': ({ pools, reason }) => wait(`not back in ${pools.join(', ')}: ${reason}`),
  'pod.evicted': ({ pod, warning }) => plain(`evicted  ${pod}${warning === undefined ? '' : ` (${warning})`}`),
  'pod.forced': ({ pod, graceSeconds }) => wait(`forced   ${pod}, grace ${graceSeconds} s`),
  'eviction.blocked': ({ pod, explanation }) => wait(`blocked  ${pod}\n${INDENT}${explanation}`),
  'pod.unschedulable': ({ pod, message }) => wait(`no room  ${pod}\n${INDENT}${message}`),
  'controller.unknown': ({ owner, reason }) => wait(`one by one: pods of ${owner}: ${reason}`),
  'pod.stuck': ({ pod, explanation }) => wait(`stuck    ${pod}\n${INDENT}${explanation}`),
  'pod.returned': ({ pod, times, left }) =>
    wait(`back     ${pod}, number ${times} of its maker${left ? ': left there' : ''}`),
  'pod.gone': ({ pod }) => quiet(`gone     ${pod}`),
  'pods.left': ({ pods }) => wait(`left     ${pods.join(', ')}: the time is up`),
  'node.drained': ({ pods }) => good(`node drained: ${pods} pods`),
  'volumes.detached': () => good('volumes detached'),
  'volumes.awaited': ({ explanation }) => wait(`volumes not detached yet: ${explanation}`),
  'volumes.kept': ({ volumes }) => wait(`volumes still attached: ${volumes.join(', ')}`),
  'heartbeat.recorded': ({ nextInSeconds }) => quiet(`heartbeat, the next in ${nextInSeconds} s`),
  'hook.completed': ({ outcome }) => good(`hook ${outcome}`),
  'retirement.suspended': ({ seconds }) => quiet(`suspended for ${seconds} s`),
  'retention.missing': () => wait('the group does not retain instances: what is left is forced'),
  'instance.retained': ({ pods, until }) =>
    wait(`instance retained with ${pods.join(', ')}: drained on until ${until.slice(11, 19)} UTC`),
  'instance.terminated': () => good('instance terminated'),
  'instance.left': () => good('instance left, drained'),
  'retirement.finished': ({ result }) => good(`retirement finished: ${result}`),
  'cluster.away': ({ reason }) => wait(`cluster away: ${reason}`),
  'stage.failed': ({ stage, reason }) => wait(`${stage} failed, is tried again: ${reason}`),
  'node.missing': ({ unproven }) =>
    wait(
      unproven.length === 0
        ? 'the instance has no node: it never joined'
        : `the instance has no node that is proved to be it: ${unproven.join(', ')} has no providerID`,
    ),
  // What comes too late is the echo of what was done already.
  'notice.ignored': ({ reason, stale }) => (stale ? undefined : quiet(`notice ignored: ${reason}`)),
  'notice.refused': ({ reason }) => wait(`notice refused: ${reason}`),
  'withdrawal.requested': () => undefined,
  'withdrawal.answered': () => undefined,
  'withdrawal.refused': () => undefined,
  'secret.unreadable': ({ reason }) => wait(`nobody is let in: ${reason}`),
  'marks.unreadable': ({ node, reason }) => wait(`marks of ${node} left alone: ${reason}`),
  'cluster.unswept': ({ reason }) => wait(`cluster not swept: ${reason}`),
  'sweep.finished': () => undefined,
  'node.drifted': ({ node, explanation }) => plain(`out of date ${shortNode(node)}: ${explanation}`),
  'node.current': ({ node }) => good(`current  ${shortNode(node)} again`),
  'node.unenrolled': ({ node }) => quiet(`unmarked ${shortNode(node)}: its group takes part no more`),
  'node.due': ({ node }) => plain(`due      ${shortNode(node)}: the budgets let it go`),
  'group.stopped': ({ group, reason }) => wait(`group ${group} stopped: ${reason}`),
  'group.held': ({ group, reason }) => wait(`group ${group} held up: ${reason}`),
  'group.waiting': ({ group, reason }) => quiet(`group ${group} waits: ${reason}`),
  'taints.ignored': ({ nodes }) => wait(`drain taints ignored: ${nodes.join('; ')}`),
  'budget.unreadable': ({ reason }) => wait(`budget unreadable: ${reason}`),
  'drift.finished': ({ drifted, waiting }) => quiet(`scan: ${drifted} out of date, ${waiting} of them wait`),
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
    return { tone: 'good', text: `Ready    ${fact.namespace}/${fact.pod} on ${shortNode(fact.node ?? '?')}` };
  }
  if (fact.kind === 'volumeDetached' && fact.node === node)
    return { tone: 'quiet', text: `volume   ${fact.volume} detached` };
  if (fact.kind === 'volumeAttached')
    return { tone: 'quiet', text: `volume   ${fact.volume} attached to ${shortNode(fact.node)}` };
  return undefined;
}

function lineOfTraffic(news: TrafficNews): Line {
  if (news.kind !== 'requests') return plain(`balancer ${news.pool}: ${SEEN_BY_BALANCER[news.kind]}`);
  const { served, failed } = news;
  return (failed === 0 ? quiet : wait)(`requests ${served} served, ${failed} failed`);
}

/** What a load balancer makes of the node. */
const SEEN_BY_BALANCER: Readonly<Record<Exclude<TrafficNews['kind'], 'requests'>, string>> = {
  registered: 'the node is in',
  draining: 'the node is out, and finishes what it has',
  gone: 'the node has drained',
  healthy: 'the node is healthy',
  unhealthy: 'nothing answers at the node any more',
};
