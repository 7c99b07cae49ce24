/** Instances that running retirements have in hand, also those that have not marked their node yet. Pure. */
import { executionsOf, instancePartOf, type Home } from '../notice/notice.ts';

/** Returns a question: whether one of the retirements of these names has the instance. */
export function inHandOf(names: readonly string[], home: Home): (instance: string | undefined) => boolean {
  const prefixes = new Set(names.map(instancePartOf));
  return (instance) => instance !== undefined && prefixes.has(executionsOf({ ...home, instance }));
}
