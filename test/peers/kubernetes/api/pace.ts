/**
 * How long a pod's containers take, said by annotations on the pod, so that a manifest of any origin can say it. A real
 * kubelet ignores them; nothing that is tested may read them.
 */
import type { Pod } from '../storage/objects.ts';

/** From the bind to Running. @default 0 */
const START = 'stand-in/start-seconds';
/** From Running to Ready; `never` for a pod that fails its probe for ever. @default 0 */
const READY = 'stand-in/ready-seconds';
/** From SIGTERM to the end of the containers, if the grace allows. @default 0 */
const SHUTDOWN = 'stand-in/shutdown-seconds';
/** The same of its sidecars, from the end of its other containers. @default 0 */
const SIDECAR_SHUTDOWN = 'stand-in/sidecar-shutdown-seconds';

export interface Pace {
  startSeconds?: number;
  readySeconds?: number | 'never';
  shutdownSeconds?: number;
  sidecarShutdownSeconds?: number;
}

export function paceAnnotations({
  startSeconds,
  readySeconds,
  shutdownSeconds,
  sidecarShutdownSeconds,
}: Pace): Record<string, string> {
  const entries: [string, number | string | undefined][] = [
    [START, startSeconds],
    [READY, readySeconds],
    [SHUTDOWN, shutdownSeconds],
    [SIDECAR_SHUTDOWN, sidecarShutdownSeconds],
  ];
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined).map(([key, value]) => [key, String(value)]),
  );
}

/** In milliseconds; `ready` is Infinity for never. */
export function paceOf({ metadata: { annotations = {} } }: Pod): {
  start: number;
  ready: number;
  shutdown: number;
  sidecarShutdown: number;
} {
  const milliseconds = (key: string): number => Number(annotations[key] ?? 0) * 1000;
  const ready = annotations[READY] === 'never' ? Infinity : milliseconds(READY);
  return {
    start: milliseconds(START),
    ready,
    shutdown: milliseconds(SHUTDOWN),
    sidecarShutdown: milliseconds(SIDECAR_SHUTDOWN),
  };
}
