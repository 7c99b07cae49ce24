/** The sweep's dry run for people: per cluster the nodes with a drain taint, and what it does with each. */
import type { SweepReport, SweptNode } from '../../../lambdas/core/disruption/sweep-report.ts';
import { nodeList, type ListedNode } from './node-list.ts';
import { counted, listed, utc, wrapped } from './report-words.ts';

interface DecisionWords {
  readonly decision: SweptNode['decision'];
  /** Heading above the nodes with this decision. */
  readonly heading: string;
  /** Words in the sentence, for one node and for several. */
  readonly one: string;
  readonly several: string;
}

/** Decisions in the order of the report. */
const DECISIONS: readonly DecisionWords[] = [
  { decision: 'starts now', heading: 'Would start now', one: 'starts now', several: 'start now' },
  { decision: 'under way', heading: 'Under way', one: 'is under way', several: 'are under way' },
  { decision: 'waits', heading: 'Wait', one: 'waits', several: 'wait' },
  { decision: 'left drained', heading: 'Drained and left so', one: 'is left drained', several: 'are left drained' },
  { decision: 'left alone', heading: 'Left alone', one: 'is left alone', several: 'are left alone' },
];

/** @param columns of the terminal: no line is wider, from 60 on */
export function sweepTable(reports: readonly SweepReport[], columns: number): string {
  if (reports.length === 0) return 'No cluster is configured.';
  return reports.flatMap((report, index) => [...(index === 0 ? [] : ['']), ...ofCluster(report, columns)]).join('\n');
}

function ofCluster({ cluster, at, away, nodes }: SweepReport, columns: number): string[] {
  const sentence = away === undefined ? inOneSentence(nodes) : `It could not be looked at: ${away}`;
  return [
    ...wrapped(`Cluster ${cluster}, ${utc(at)}`, columns),
    ...wrapped(sentence, columns),
    ...DECISIONS.flatMap(({ decision, heading }) => {
      const decided = nodes.filter((each) => each.decision === decision).map((each) => listedNode(heading, each));
      return nodeList(decided.toSorted(byWhatTheyShare), columns);
    }),
  ];
}

function inOneSentence(nodes: readonly SweptNode[]): string {
  if (nodes.length === 0) return 'No node bears a drain taint.';
  const parts = DECISIONS.flatMap(({ decision, one, several }) => {
    const { length: many } = nodes.filter((each) => each.decision === decision);
    return many === 0 ? [] : [`${many} ${many === 1 ? one : several}`];
  });
  return `${counted(nodes.length, 'node')} ${nodes.length === 1 ? 'bears' : 'bear'} a drain taint: ${listed(parts)}.`;
}

function listedNode(heading: string, { node, instance = 'no instance', ...swept }: SweptNode): ListedNode {
  const until = swept.at === undefined ? [] : [`until ${utc(swept.at)}`];
  return {
    above: [heading, whose(swept), [...(swept.why === undefined ? [] : [swept.why]), ...until].join(', ')],
    cells: [node, instance],
  };
}

function whose({ group, taint, release, decision }: Omit<SweptNode, 'node'>): string {
  const by = `${group === undefined ? 'In no group' : `Group ${group}`}, by taint ${taint}`;
  if (decision === 'left alone') return by;
  return `${by}, ${release === 'terminate' ? 'terminated' : 'left'} once drained`;
}

function byWhatTheyShare(one: ListedNode, other: ListedNode): number {
  const [left, right] = [one, other].map(({ above, cells }) => [...above, ...cells].join('\n'));
  return (left ?? '') < (right ?? '') ? -1 : 1;
}
