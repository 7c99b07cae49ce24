/** The status of a container at a stage of its pod. */
import type { PodSpec, Pod } from '../objects.ts';

type ContainerStatus = NonNullable<Pod['status']['containerStatuses']>[number];

export function containerStatus(
  { name, image = '' }: PodSpec['containers'][number],
  { phase, ready, now }: { phase: 'Running' | 'Succeeded'; ready: boolean; now: string },
): ContainerStatus {
  const ended = { terminated: { exitCode: 0, reason: 'Completed', finishedAt: now } };
  const state = phase === 'Running' ? { running: { startedAt: now } } : ended;
  return { name, image, imageID: image, ready, started: phase === 'Running', restartCount: 0, state };
}
