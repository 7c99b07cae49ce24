/** Volumes that are still attached to a drained node, and what keeps them attached (contract 8.1). */
export interface AttachedVolume {
  /** Name of the persistent volume; without one, the name on the node or the attachment. */
  readonly name: string;
  /** The kubelet has not unmounted it yet. Until it does, nothing detaches the volume. */
  readonly inUse: boolean;
}

/** Explains in one sentence what the detach waits for, and where to look. */
export function explainAttached(volumes: readonly AttachedVolume[]): string {
  const used = namesOf(volumes.filter(({ inUse }) => inUse));
  const unused = namesOf(volumes.filter(({ inUse }) => !inUse));
  return [
    ...(used === '' ? [] : [`the kubelet still uses ${used}: look for pods that have not ended, then at it`]),
    ...(unused === '' ? [] : [`no pod uses ${unused} any more: look at the controller of its driver`]),
  ].join('; ');
}

function namesOf(volumes: readonly AttachedVolume[]): string {
  return volumes.map(({ name }) => name).join(', ');
}
