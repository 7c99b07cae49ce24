/** Volumes that are still attached to a node that is to go, and what keeps them there (contract 8.1). */
export interface AttachedVolume {
  /** Of the persistent volume; where there is none, what the node or the attachment calls it. */
  readonly name: string;
  /** The kubelet has not unmounted it yet, and until then nobody detaches it. */
  readonly inUse: boolean;
}

/** What is still waited for in one sentence, and where to look. */
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
