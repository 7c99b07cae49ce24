/**
 * Drift reports as Lambda answers them, in 6 MB at most. Most nodes of a cluster have the same reasons, so each text is
 * in the answer once. Pure.
 */
import type { DriftedNode, DriftReport } from './report.ts';

export interface DriftAnswer extends Omit<DriftReport, 'nodes'> {
  /** All texts of `reasons` and `why`, each once. */
  readonly texts: readonly string[];
  readonly nodes: readonly BriefNode[];
}

/** A drifted node whose texts are replaced by their index in `texts`. */
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

/** Restores the report from an answer. */
export function answeredReport({ texts, nodes, ...report }: DriftAnswer): DriftReport {
  const textAt = (place: number): string => texts[place] ?? '';
  const whole = nodes.map(({ reasons, why, ...node }) => ({
    ...node,
    reasons: reasons.map(textAt),
    ...(why !== undefined && { why: textAt(why) }),
  }));
  return { ...report, nodes: whole };
}
