/**
 * Drift reports as Lambda answers them, in 6 MB at most: most nodes of a cluster have drifted for the same reasons and
 * wait for the same, so each text is told once. Pure.
 */
import type { DriftedNode, DriftReport } from './report.ts';

export interface DriftAnswer extends Omit<DriftReport, 'nodes'> {
  /** Each of the reasons and of what the nodes wait for, once. */
  readonly texts: readonly string[];
  readonly nodes: readonly BriefNode[];
}

/** What was a text is its place among the texts, from 0. */
export interface BriefNode extends Omit<DriftedNode, 'reasons' | 'why'> {
  readonly reasons: readonly number[];
  readonly why?: number;
}

export function driftAnswer({ nodes, ...report }: DriftReport): DriftAnswer {
  const places = new Map<string, number>();
  const placeOf = (text: string): number => {
    const place = places.get(text) ?? places.size;
    places.set(text, place);
    return place;
  };
  const brief = nodes.map(({ reasons, why, ...node }) => ({
    ...node,
    reasons: reasons.map(placeOf),
    ...(why !== undefined && { why: placeOf(why) }),
  }));
  return { ...report, texts: [...places.keys()], nodes: brief };
}

/** The report that an answer was made of. */
export function answeredReport({ texts, nodes, ...report }: DriftAnswer): DriftReport {
  const textAt = (place: number): string => texts[place] ?? '';
  const whole = nodes.map(({ reasons, why, ...node }) => ({
    ...node,
    reasons: reasons.map(textAt),
    ...(why !== undefined && { why: textAt(why) }),
  }));
  return { ...report, nodes: whole };
}
