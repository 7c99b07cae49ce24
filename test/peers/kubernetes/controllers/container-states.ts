/** The status of the containers of a pod at a stage of its life. */
import type { PodSpec, Pod } from '../storage/objects.ts';

type ContainerStatus = NonNullable<Pod['status']['containerStatuses']>[number];
type ContainerStatuses = Required<Pick<Pod['status'], 'containerStatuses'>> &
  Pick<Pod['status'], 'initContainerStatuses'>;

/** `sidecars`: its containers have ended, and the native sidecars among its init containers run on. */
export type Stage = 'running' | 'sidecars' | 'ended';

interface Moment {
  readonly stage: Stage;
  readonly ready: boolean;
  /** RFC 3339. */
  readonly now: string;
}

/** Init containers that are restarted always go on beside the others, and are ended after them. */
export function isSidecar({ restartPolicy }: PodSpec['containers'][number]): boolean {
  return restartPolicy === 'Always';
}

export function containerStatuses({ containers, initContainers }: PodSpec, moment: Moment): ContainerStatuses {
  const { stage, ready, now } = moment;
  return {
    containerStatuses: containers.map((it) => containerStatus(it, { runs: stage === 'running', ready, now })),
    ...(initContainers !== undefined && {
      initContainerStatuses: initContainers.map((it) => {
        const runs = isSidecar(it) && stage !== 'ended';
        return containerStatus(it, { runs, ready: !isSidecar(it) || (runs && ready), now });
      }),
    }),
  };
}

function containerStatus(
  { name, image = '' }: PodSpec['containers'][number],
  { runs, ready, now }: { runs: boolean; ready: boolean; now: string },
): ContainerStatus {
  const state = runs
    ? { running: { startedAt: now } }
    : { terminated: { exitCode: 0, reason: 'Completed', finishedAt: now } };
  return { name, image, imageID: image, ready, started: runs, restartCount: 0, state };
}
