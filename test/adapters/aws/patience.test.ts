/** Calls that wait while AWS throttles them, and for nothing else. */
import { expect, test } from 'vitest';
import { keepingGroupFacts } from '../../../lambdas/adapters/auto-scaling/kept-group-facts.ts';
import { readingPatiently } from '../../../lambdas/adapters/auto-scaling/patient-reads.ts';
import { patiently } from '../../../lambdas/adapters/aws/patience.ts';
import { startingPatiently } from '../../../lambdas/adapters/lambda/patient-starts.ts';
import type { Lifecycle } from '../../../lambdas/workflow/ports/auto-scaling.ts';
import { aNotice, NOON } from '../../given.ts';
import { onVirtualTime } from '../../model/run/virtual-time.ts';

const PATIENCE = { firstMs: 1_000, longestMs: 4_000, forMs: 60_000 };

function refusal(name: string): Error {
  return Object.assign(new Error('Rate exceeded'), { name });
}

/** Fails so many times, then answers with the number of tries. */
function failing(times: number, name = 'ThrottlingException'): { tries: number; call: () => Promise<number> } {
  const calls = {
    tries: 0,
    call: () => {
      calls.tries += 1;
      return calls.tries <= times ? Promise.reject(refusal(name)) : Promise.resolve(calls.tries);
    },
  };
  return calls;
}

test('a throttled call is tried again, with pauses up to the longest', async () => {
  const { call } = failing(8);
  const took = await onVirtualTime(1, async () => {
    expect(await patiently(PATIENCE, call)).toBe(9);
    return Date.now() - NOON;
  });
  expect(took).toBeGreaterThan(1_000);
  // 1 + 2 + 6 × 4 s at most.
  expect(took).toBeLessThanOrEqual(27_000);
});

test('a call that stays throttled fails when its time is over, with what AWS said', async () => {
  const calls = failing(Infinity, 'RequestLimitExceeded');
  await onVirtualTime(1, async () => {
    await expect(patiently(PATIENCE, calls.call)).rejects.toThrow('Rate exceeded');
    expect(Date.now() - NOON).toBeGreaterThanOrEqual(PATIENCE.forMs);
    expect(Date.now() - NOON).toBeLessThan(PATIENCE.forMs + PATIENCE.longestMs);
  });
});

test('what fails otherwise fails at once', async () => {
  const calls = failing(1, 'AccessDenied');
  await expect(patiently(PATIENCE, calls.call)).rejects.toThrow('Rate exceeded');
  expect(calls.tries).toBe(1);
});

/** Auto Scaling that throttles each read once, and counts its calls. */
function scaling(): { lifecycle: Lifecycle; calls: string[] } {
  const calls: string[] = [];
  const once = (call: string): Promise<never> => {
    calls.push(call);
    return calls.filter((other) => other === call).length === 1
      ? Promise.reject(refusal('Throttling'))
      : (Promise.resolve(undefined) as Promise<never>);
  };
  const lifecycle: Partial<Lifecycle> = {
    membership: (instance: string) => once(`membership ${instance}`),
    groupTags: (group: string) => once(`groupTags ${group}`),
    hook: (group: string, name: string) => once(`hook ${group} ${name}`),
    heartbeat: () => once('heartbeat'),
  };
  return { lifecycle: lifecycle as Lifecycle, calls };
}

test('a retirement reads patiently; what it writes fails as ever, and its step is tried again', async () => {
  const { lifecycle, calls } = scaling();
  const patient = readingPatiently(lifecycle);
  await onVirtualTime(1, async () => {
    await patient.membership('i-1');
    await patient.groupTags('workers');
    await patient.hook('workers', 'ebb-drain');
    await expect(patient.heartbeat({ group: 'workers', instance: 'i-1', hook: 'ebb-drain' })).rejects.toThrow();
  });
  expect(calls).toHaveLength(7);
});

test('tags and hooks of a group are kept for ten seconds, whether an instance waits is asked each time', async () => {
  const { lifecycle, calls } = scaling();
  const kept = keepingGroupFacts(lifecycle);
  const all = async () => {
    const reads = [kept.membership('i-1'), kept.groupTags('workers'), kept.hook('workers', 'ebb-drain')];
    await Promise.allSettled([...reads, kept.hook('workers', 'other')]);
    return calls.splice(0).toSorted();
  };
  const every = ['groupTags workers', 'hook workers ebb-drain', 'hook workers other', 'membership i-1'];
  await onVirtualTime(1, async () => {
    expect(await all()).toEqual(every);
    calls.push(...every);
    expect(await all(), 'a failure is not kept').toEqual([...every, ...every].toSorted());
    calls.push(...every);
    expect((await all()).filter((call) => !every.includes(call) || call === 'membership i-1')).toHaveLength(2);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    calls.push(...every);
    expect(await all()).toEqual([...every, ...every].toSorted());
  });
});

test('a start waits while Lambda throttles, within the time of the router', async () => {
  const calls = failing(12, 'TooManyRequestsException');
  const start = () => calls.call().then(() => 'started' as const);
  const notice = aNotice();
  const took = await onVirtualTime(1, async () => {
    expect(await startingPatiently({ start }).start('name', notice)).toBe('started');
    return Date.now() - NOON;
  });
  expect(took).toBeLessThan(45_000);
});
