/** The drift tainter's dry run for people: per cluster what has drifted, what goes now, what the others wait for. */
import Table from 'cli-table3';
import stringWidth from 'string-width';
import type { DriftedNode, DriftReport, GroupReport } from '../../../lambdas/core/drift/report.ts';
import { nodeList, type ListedNode } from './node-list.ts';
import { counted, listed, utc, wrapped } from './report-words.ts';

/** @param columns of the terminal: no line is wider, from 60 on */
export function driftTable(reports: readonly DriftReport[], columns: number): string {
  if (reports.length === 0) return 'No cluster is configured.';
  return reports.flatMap((report, index) => [...(index === 0 ? [] : ['']), ...ofCluster(report, columns)]).join('\n');
}

function ofCluster(report: DriftReport, columns: number): string[] {
  const heading = `Cluster ${report.cluster}, ${utc(report.at)}`;
  if (report.away !== undefined) {
    return [...wrapped(heading, columns), ...wrapped(`It could not be looked at: ${report.away}`, columns)];
  }
  const groups = report.groups.filter(({ drifted, stopped }) => drifted > 0 || stopped !== undefined);
  return [
    ...wrapped(heading, columns),
    ...wrapped(inOneSentence(report), columns),
    ...leftOut(report).flatMap((sentence) => wrapped(sentence, columns)),
    ...(groups.length === 0 ? [] : ['', ...groupLines(groups, report.nodes, columns)]),
    ...nodeList(report.nodes.toSorted(byOrder).map(listedNode), columns),
  ];
}

function inOneSentence({ groups, nodes }: DriftReport): string {
  const looked = groups.reduce((sum, group) => sum + group.nodes, 0);
  const of = `${counted(looked, 'node')} in ${counted(groups.length, 'group')}`;
  if (nodes.length === 0) return `None of ${of} has drifted.`;
  const count = (wanted: DriftedNode['decision']): number => nodes.filter(({ decision }) => decision === wanted).length;
  const phrases: readonly [number, string, string][] = [
    [count('goes now'), 'goes now', 'go now'],
    [count('let go before'), 'is let go already', 'are let go already'],
    [count('waits'), 'waits', 'wait'],
    [count('stopped'), 'is in a group that is left alone', 'are in groups that are left alone'],
  ];
  const parts = phrases.flatMap(([many, one, several]) =>
    many === 0 ? [] : [`${many} ${many === 1 ? one : several}`],
  );
  return `${nodes.length} of ${of} ${nodes.length === 1 ? 'has' : 'have'} drifted: ${listed(parts)}.`;
}

/** The most nodes that are named; the others are counted. */
const MOST_NAMED = 3;

function few(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return listed([...names.slice(0, MOST_NAMED), ...(more > 0 ? [`${more} more`] : [])]);
}

function leftOut({ strays, left }: DriftReport): string[] {
  const are = (count: number): string => (count === 1 ? 'is' : 'are');
  return [
    ...(strays.length === 0
      ? []
      : [`${counted(strays.length, 'node')} ${are(strays.length)} in none of the groups: ${few(strays)}.`]),
    ...(left === 0 ? [] : [`${counted(left, 'node')} ${are(left)} Karpenter’s or EKS Auto Mode’s, and left alone.`]),
  ];
}

const COUNTS = ['nodes', 'drifted', 'go now', 'wait'];
const GAP = '  ';

const LINES = ['top', 'bottom', 'left', 'right', 'mid'].flatMap((edge) => [
  edge,
  `${edge}-mid`,
  `${edge}-left`,
  `${edge}-right`,
]);
const WITHOUT_LINES = { ...Object.fromEntries(LINES.map((line) => [line, ''])), middle: GAP };

/** Largest share of the names in the width that the counts leave. */
const SHARE_OF_NAMES = 0.45;

/** Lines of the groups in which a node has drifted or that have stopped. */
function groupLines(groups: readonly GroupReport[], nodes: readonly DriftedNode[], columns: number): string[] {
  const available = columns - COUNTS.reduce((sum, head) => sum + head.length + GAP.length, GAP.length);
  const longest = Math.max(...groups.map(({ group }) => stringWidth(group)));
  const names = Math.max('group'.length, Math.min(longest, Math.floor(available * SHARE_OF_NAMES)));
  const table = new Table({
    head: ['group', ...COUNTS, 'why'],
    chars: WITHOUT_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    colAligns: ['left', ...COUNTS.map(() => 'right' as const), 'left'],
    colWidths: [names, ...COUNTS.map(({ length }) => length), available - names],
  });
  const inGroups = Map.groupBy(nodes, ({ group }) => group);
  for (const each of groups.toSorted((one, other) => compare(one.group, other.group))) {
    const count = (wanted: DriftedNode['decision']): number =>
      (inGroups.get(each.group) ?? []).filter(({ decision }) => decision === wanted).length;
    const counts = [each.nodes, each.drifted, count('goes now'), count('waits')];
    table.push([cell(each.group, names), ...counts, cell(groupWhy(each), available - names)]);
  }
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
}

function cell(text: string, width: number): string {
  return wrapped(text, width).join('\n');
}

function groupWhy({ stopped, why, opensAt }: GroupReport): string {
  if (stopped !== undefined) return `left alone: ${stopped}`;
  return [why, opensAt === undefined ? undefined : `until ${utc(opensAt)}`]
    .filter((part) => part !== undefined)
    .join(', ');
}

const DECISIONS: readonly DriftedNode['decision'][] = ['goes now', 'let go before', 'waits', 'stopped'];

/** Sorts by group, then by reasons, then by the order in which nodes go. */
function byOrder(one: DriftedNode, other: DriftedNode): number {
  return (
    compare(one.group, other.group) ||
    compare(one.reasons.join(), other.reasons.join()) ||
    DECISIONS.indexOf(one.decision) - DECISIONS.indexOf(other.decision) ||
    compare(holds(one), holds(other)) ||
    (one.place ?? Infinity) - (other.place ?? Infinity) ||
    compare(one.node, other.node)
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function listedNode(drifted: DriftedNode): ListedNode {
  const { node, group, zone, reasons } = drifted;
  return { above: [`Group ${group}`, reasons.join('; '), holds(drifted)], cells: [node, zone, when(drifted)] };
}

/** Why the node does not go now, and until when if only time decides. */
function holds({ decision, why, at }: DriftedNode): string {
  if (decision === 'stopped') return `left alone: ${why ?? 'its group has stopped'}`;
  if (decision !== 'waits') return '';
  const until = at === undefined ? [] : [`until ${utc(at)}`];
  return `waits: ${[why ?? 'others go first', ...until].join(', ')}`;
}

function when({ decision, place }: DriftedNode): string {
  if (decision === 'goes now') return 'now';
  if (decision === 'let go before') return 'let go already';
  if (decision === 'stopped' || place === undefined) return '';
  return place <= 1 ? 'next' : `after ${counted(place - 1, 'other')}`;
}
