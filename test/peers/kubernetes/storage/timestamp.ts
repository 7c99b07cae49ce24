/** Times as Kubernetes writes them. */

/** metav1.Time: whole seconds, `2026-11-20T11:39:14Z`. */
export function timestamp(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** metav1.MicroTime, as leases and events have it. */
export function microTimestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}
