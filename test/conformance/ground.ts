/**
 * Where a case works: a namespace and nodes of its own, under random names. The nodes are objects without machine: the
 * ground itself plays their kubelet, so a case decides when a pod is Ready and when it is gone. It takes away what it
 * made, and nothing else.
 */
import { randomBytes } from 'node:crypto';

import type { Budget, Node, Pod } from '../peers/kubernetes/storage/objects.ts';
import type { KubeClient } from './kube-client.ts';
import { budgetManifest, nodeManifest, type NodePlan, podManifest, type PodPlan } from './manifests.ts';
import type { Time } from './subject.ts';

/** On everything that is made outside of the namespace, and on the namespaces. */
export const RUN_LABEL = 'ebb-conformance/run';

export class Ground {
  readonly namespace: string;
  readonly #client: KubeClient;
  readonly #run: string;
  readonly #nodes: string[] = [];
  readonly #namespaces: string[] = [];

  private constructor(client: KubeClient, run: string) {
    this.namespace = `conformance-${randomBytes(4).toString('hex')}`;
    this.#client = client;
    this.#run = run;
  }

  /** A namespace that takes pods: a real cluster gives it a service account first. */
  static async make(client: KubeClient, time: Time, run: string): Promise<Ground> {
    const ground = new Ground(client, run);
    await ground.addNamespace(ground.namespace, time);
    return ground;
  }

  async addNamespace(name: string, time: Time): Promise<void> {
    const metadata = { name, labels: { [RUN_LABEL]: this.#run } };
    this.#namespaces.push(name);
    await this.#client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata });
    const path = `/api/v1/namespaces/${name}/pods?dryRun=All`;
    const body = podManifest({ name: 'probe' });
    await time.eventually(`namespace ${name} takes pods`, async () => {
      return (await this.#client.ask(path, { method: 'POST', body })).status === 201;
    });
  }

  /** The path of a resource in the namespace: `pods`, `pods/p1/status`; other groups by `apis/policy/v1`. */
  path(rest: string, root = 'api/v1'): string {
    return `/${root}/namespaces/${this.namespace}/${rest}`;
  }

  /** A node of the ground's own, Ready unless said otherwise; `node` is what pods select it by. Returns its path. */
  async addNode(plan: NodePlan): Promise<string> {
    const name = `${this.namespace}-${plan.name}`;
    this.#nodes.push(name);
    const labels = { [RUN_LABEL]: this.#run, 'ebb-conformance/ground': this.namespace };
    await this.#client.create('/api/v1/nodes', nodeManifest({ ...plan, name }, labels));
    return `/api/v1/nodes/${name}`;
  }

  nodeName(short: string): string {
    return `${this.namespace}-${short}`;
  }

  /** What workloads put into their pods so that these go to the ground's nodes alone. */
  get nodeSelector(): Record<string, string> {
    return { 'ebb-conformance/ground': this.namespace };
  }

  /** Adds a pod: on the ground's node `node`, where its `nodeSelector` lets it, or by default nowhere at all. */
  addPod({ node, ...plan }: PodPlan): Promise<Pod> {
    const bound = node === undefined ? {} : { node: this.nodeName(node) };
    const idle = node === undefined ? { nodeSelector: { 'ebb-conformance/nowhere': 'at-all' } } : {};
    return this.#client.create<Pod>(this.path('pods'), podManifest({ ...idle, ...plan, ...bound }));
  }

  /** Adds a pod that runs and is Ready, on the ground's node `node`. */
  async addRunningPod(plan: PodPlan & { node: string }): Promise<Pod> {
    const { metadata } = await this.addPod(plan);
    return this.setReady(metadata.name, true);
  }

  addBudget(name: string, app: string, spec: Partial<Budget['spec']>): Promise<Budget> {
    return this.#client.create<Budget>(
      this.path('poddisruptionbudgets', 'apis/policy/v1'),
      budgetManifest(name, app, spec),
    );
  }

  budget(name: string): Promise<Budget> {
    return this.#client.get<Budget>(this.path(`poddisruptionbudgets/${name}`, 'apis/policy/v1'));
  }

  pod(name: string): Promise<Pod | undefined> {
    return this.#client.find<Pod>(this.path(`pods/${name}`));
  }

  async pods(app: string): Promise<Pod[]> {
    return (await this.#client.get<{ items: Pod[] }>(this.path(`pods?labelSelector=app%3D${app}`))).items;
  }

  node(short: string): Promise<Node> {
    return this.#client.get<Node>(`/api/v1/nodes/${this.nodeName(short)}`);
  }

  /** As a kubelet: the pod runs, and passes or fails its probe. */
  setReady(name: string, ready: boolean): Promise<Pod> {
    const status = ready ? 'True' : 'False';
    const conditions = ['Initialized', 'ContainersReady', 'Ready'].map((type) => ({ type, status }));
    const body = { status: { phase: 'Running', startTime: new Date().toISOString().replace(/\.\d+/, ''), conditions } };
    return this.#client.change<Pod>(this.path(`pods/${name}/status`), 'strategic-merge-patch', body);
  }

  /** As a kubelet: starts every pod of `app` that is bound and waits. Returns those that are Ready and stay. */
  async startPods(app: string): Promise<Pod[]> {
    const mine = (await this.pods(app)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const bound = mine.filter(({ spec, status }) => spec.nodeName !== undefined && status.phase === 'Pending');
    const started = await Promise.all(bound.map(({ metadata }) => this.setReady(metadata.name, true)));
    return [...mine.filter(isReady), ...started];
  }

  /** As a kubelet: the containers have ended, the object may go. */
  async confirmEnd({ metadata: { name, uid } }: Pod): Promise<void> {
    const options = { gracePeriodSeconds: 0, preconditions: { uid } };
    const { status, text } = await this.#client.delete(this.path(`pods/${name}`), options);
    if (status !== 200) throw new Error(`the end of pod ${name} cannot be confirmed: ${status} ${text}`);
  }

  /** Takes away what it made. Namespaces go by themselves afterwards, where there is a controller for it. */
  async clear(): Promise<void> {
    for (const namespace of this.#namespaces) await this.#clearNamespace(namespace);
    for (const node of this.#nodes) await this.#client.delete(`/api/v1/nodes/${node}`);
  }

  async #clearNamespace(namespace: string): Promise<void> {
    const path = `/api/v1/namespaces/${namespace}`;
    // The workloads first, by the namespace's own end: they would go on making pods.
    await this.#client.delete(path);
    const { body } = await this.#client.ask<{ items?: Pod[] }>(`${path}/pods`);
    for (const { metadata } of (body.items ?? []).filter((pod) => (pod.metadata.finalizers ?? []).length > 0))
      await this.#client.patch(`${path}/pods/${metadata.name}`, 'merge-patch', { metadata: { finalizers: null } });
    await this.#client.delete(`${path}/pods`, { gracePeriodSeconds: 0 });
  }
}

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false;
}
