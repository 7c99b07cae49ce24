/** Taints as a person or a script puts them on, with `kubectl taint`. */
import { executionName, type TaintedNotice } from '../../../lambdas/core/notice/notice.ts';
import type { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { GROUP, type Rehearsal } from '../retirement/rehearsal.ts';

export const PLAIN_KEY = 'ebb/drain';

/** What the drift tainter lets nodes go by. */
export const DRIFT_DRAIN = { key: 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drain', value: 'drift' };

/** Puts the taint on; or takes it off. */
export function taint(
  { kubernetes }: { readonly kubernetes: Pick<KubernetesPeer, 'store'> },
  node: string,
  {
    key = PLAIN_KEY,
    value = 'by-hand',
    effect = 'NoSchedule',
    on = true,
  }: { key?: string; value?: string; effect?: string; on?: boolean } = {},
): void {
  kubernetes.store.change(nodes, { name: node }, ({ spec }) => {
    const others = (spec.taints ?? []).filter((each) => each.key !== key);
    spec.taints = on ? [...others, { key, value, effect }] : others;
  });
}

/** Taints a node, the first instance's unless told. @returns the notice that the sweep would make; its retirement is one that runs. */
export function asks(
  rehearsal: Rehearsal,
  {
    key = PLAIN_KEY,
    value = 'by-hand',
    instance = rehearsal.first.instance,
    node = rehearsal.nodeOf(instance),
  }: { key?: string; value?: string; instance?: string; node?: string } = {},
): TaintedNotice {
  taint(rehearsal, node, { key, value });
  const at = rehearsal.clock.now();
  const notice: TaintedNotice = { kind: 'tainted', ...rehearsal.ports.home, instance, group: GROUP, taint: key, at };
  rehearsal.running.add(executionName(notice));
  return notice;
}
