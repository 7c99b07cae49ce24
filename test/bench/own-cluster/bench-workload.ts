/** What the bench puts on somebody's cluster, as a user would write it. */
import { maxUnavailableOf, REPLICAS, type DrainCase } from '../drain/drain-case.ts';

/** An object and where it is made. */
export interface Placed {
  readonly path: string;
  readonly manifest: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string };
    readonly spec?: object;
  };
}

export interface WorkloadPlace {
  readonly namespace: string;
  /** Where the pods are to stand at first. */
  readonly node: string;
  readonly image: string;
}

/** In the order of their making: the namespace, and for every ten pods a Deployment and, if the case says so, a budget. */
export function benchWorkload(place: WorkloadPlace, { pods, budgets }: DrainCase): Placed[] {
  const { namespace } = place;
  const names = Array.from({ length: pods / REPLICAS }, (_, number) => `web-${number}`);
  const maxUnavailable = maxUnavailableOf(budgets);
  return [
    { path: '/api/v1/namespaces', manifest: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } } },
    ...(maxUnavailable === undefined ? [] : names.map((name) => budget(namespace, name, maxUnavailable))),
    ...names.map((name) => deployment(place, name)),
  ];
}

function budget(namespace: string, name: string, maxUnavailable: number | string): Placed {
  const spec = { maxUnavailable, selector: { matchLabels: { app: name } } };
  return {
    path: `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`,
    manifest: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name }, spec },
  };
}

function deployment({ namespace, node, image }: WorkloadPlace, name: string): Placed {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: podSpec(node, image) };
  return {
    path: `/apis/apps/v1/namespaces/${namespace}/deployments`,
    manifest: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name },
      spec: { replicas: REPLICAS, selector: { matchLabels: labels }, template },
    },
  };
}

/** Pods that would rather stand on the node and, when it is cordoned, go elsewhere. */
function podSpec(node: string, image: string): object {
  // By the node's name: its label kubernetes.io/hostname may be another.
  const preference = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  return {
    automountServiceAccountToken: false,
    containers: [{ name: 'main', image }],
    affinity: {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference }] },
    },
    // Without a selector it counts no pods. It stands there because the scheduler spreads the replicas of whoever has no
    // constraint of their own, and weighs that as much as the preference above
    // (https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/#internal-default-constraints).
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway' },
    ],
  };
}
