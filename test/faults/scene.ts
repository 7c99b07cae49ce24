/**
 * The scenes that fault tests play in: a rehearsal with pods on its first node, what may be done to it in mid drain, and
 * what must hold at the end whatever was done.
 */
import { expect } from 'vitest';
import { RetirementFailed } from '../../lambdas/workflow/retirement/retirement.ts';
import { Rehearsal, type RehearsalPlan } from '../workflow/retirement/rehearsal.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const CLUSTER = 'production';
export const EVICTION = { resource: 'pods/eviction' };
export const WEB = { namespace: 'shop', name: 'web' };

export type World = Rehearsal['kubernetes']['world'];

export interface Scene {
  readonly rehearsal: Rehearsal;
  readonly instance: string;
  readonly node: string;
}

/** @param furnish puts the pods on the node */
export async function scene(
  furnish: (world: World, node: string) => void,
  plan: RehearsalPlan = {},
): Promise<Scene & AsyncDisposable> {
  const rehearsal = await Rehearsal.start(plan);
  const { instance, node } = rehearsal.first;
  furnish(rehearsal.kubernetes.world, node);
  await rehearsal.ready();
  return { rehearsal, instance, node, [Symbol.asyncDispose]: () => rehearsal[Symbol.asyncDispose]() };
}

/** Does something while the first eviction is on its way to the server. */
export function whileEvicting({ rehearsal }: Scene, act: () => void): void {
  rehearsal.kubernetes.faults.delay({ ...EVICTION, times: 1 }, 400);
  const look = (): void => {
    if (rehearsal.kubernetes.requests.entries.some(({ resource }) => resource === EVICTION.resource)) act();
    else rehearsal.clock.after(10, look);
  };
  look();
}

export function expectCompletedOnce({ rehearsal, instance }: Scene): void {
  expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
}

export const namesOn = ({ rehearsal, node }: Scene): string[] =>
  rehearsal.kubernetes.podsOn(node).map(({ metadata }) => metadata.labels?.app ?? metadata.name);

export const statuses = ({ rehearsal }: Scene): number[] => rehearsal.kubernetes.evictions.map(({ status }) => status);

/** When the retirement forces, at the earliest: its deadline less the grace of 30 s. */
export function forcePoint({ rehearsal }: Scene): number {
  return Date.parse(rehearsal.of('retirement.started')[0]?.deadline ?? '') - 30 * SECOND;
}

export function expectForcedAtItsTime(given: Scene, count: number): void {
  const forced = given.rehearsal.of('pod.forced');
  expect(forced).toHaveLength(count);
  for (const { reportedAt } of forced) expect(reportedAt).toBeGreaterThanOrEqual(forcePoint(given));
  expectCompletedOnce(given);
}

/** Six pods of one workload, which take 3 s to start and 2 s to stop. */
export function webScene(plan: RehearsalPlan = {}): Promise<Scene & AsyncDisposable> {
  return scene((world, node) => {
    world.addDeployment({ ...WEB, replicas: 6, nodes: [node], startSeconds: 3, shutdownSeconds: 2 });
  }, plan);
}

/** No eviction is let through until `minutes` have passed. */
export function budgetThatFrees({ rehearsal }: Scene, minutes: number): void {
  const { world } = rehearsal.kubernetes;
  const web = { namespace: 'shop', name: 'web', for: 'web' };
  world.addBudget({ ...web, maxUnavailable: 0 });
  rehearsal.clock.after(minutes * MINUTE, () => {
    world.addBudget({ ...web, maxUnavailable: 2 });
  });
}

/** The node is empty, every pod was told to go once, no workload fell below what it needs, the hook was completed once. */
export function expectDrained({ rehearsal, instance, node }: Scene, result: unknown): void {
  expect(result).toEqual({ result: 'drained' });
  expect(rehearsal.kubernetes.podsOn(node)).toEqual([]);
  const evicted = rehearsal.of('pod.evicted').map(({ uid }) => uid);
  expect(new Set(evicted).size).toBe(evicted.length);
  expect(rehearsal.kubernetes.availability.report().violations).toEqual([]);
  expect(rehearsal.completions(instance)).toEqual(['CONTINUE by call']);
}

/** The run has failed, the hook is nobody's until its own timeout. */
export async function expectLeftToTheHook({ rehearsal, instance }: Scene, retiring: Promise<unknown>, words: RegExp) {
  await expect(retiring).rejects.toThrow(RetirementFailed);
  await expect(retiring).rejects.toThrow(words);
  expect(rehearsal.of('retirement.finished')).toMatchObject([
    { result: 'failed', reason: expect.stringMatching(words) as string },
  ]);
  expect(rehearsal.completions(instance)).toEqual([]);
}

export const answersOf = ({ rehearsal }: Scene, status: number) =>
  rehearsal.kubernetes.requests.entries.filter((entry) => entry.status === status);

/** How often it was asked which pods a budget misses. */
export const inquiries = ({ rehearsal }: Scene): number =>
  rehearsal.kubernetes.requests.entries.filter(
    ({ verb, path, query }) =>
      verb === 'list' && path.endsWith('/namespaces/shop/pods') && query.includes('labelSelector'),
  ).length;

export const uidsOn = ({ rehearsal, node }: Scene): string[] =>
  rehearsal.kubernetes.podsOn(node).map(({ metadata }) => metadata.uid);
