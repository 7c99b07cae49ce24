/** Clusters, groups and what these would launch, in memory: what the drift tainter sees and writes. */
import { ClusterAway } from '../../../lambdas/core/kubernetes/cluster-error.ts';
import type { ClusterSettings } from '../../../lambdas/core/settings/cluster-settings.ts';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import type { DriftReport } from '../../../lambdas/core/drift/report.ts';
import type { Group, GroupMember, Launched, LaunchPlan } from '../../../lambdas/core/aws/group.ts';
import type { Impairment, StatusCheck } from '../../../lambdas/core/aws/status-check.ts';
import { RETIREMENT_ANNOTATION, RETIRING_LABEL, type NodePatch } from '../../../lambdas/core/node/marks.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import { isPooled } from '../../../lambdas/core/aws/lifecycle-state.ts';
import { coolingDown } from '../../../lambdas/core/node/cool-down.ts';
import type { ShiftReading } from '../../../lambdas/workflow/ports/arc.ts';
import type { Cluster, FleetView } from '../../../lambdas/workflow/ports/kubernetes.ts';
import { taintDriftedNodes, type DriftPorts } from '../../../lambdas/workflow/drift/taint-drifted-nodes.ts';
import { aCluster, instanceId, nodeName } from '../../fleet-given.ts';
import { aGroup, aMember, aNode, HOUR, NOON, TEMPLATE } from '../../given.ts';

export const OLD_IMAGE = 'ami-1';
export const NEW_IMAGE = 'ami-2';

export const DRIFTED_KEY = 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drifted';
export const DRAIN_KEY = 'status-taint.cluster-autoscaler.kubernetes.io/ebb-drain';

/** What a retirement of that kind puts on a node. */
export function retiringMarks(kind: string): Pick<Node, 'labels' | 'annotations'> {
  const time = new Date(NOON).toISOString();
  const ownership = { execution: 'one', kind, since: time, deadline: time, cordonedByUs: true, labelledByUs: true };
  return { labels: { [RETIRING_LABEL]: kind }, annotations: { [RETIREMENT_ANNOTATION]: JSON.stringify(ownership) } };
}

/** What is peculiar about a node that is added. */
export interface Added {
  readonly group?: string;
  readonly cluster?: string;
  readonly image?: string;
  readonly member?: Partial<GroupMember>;
  readonly node?: Partial<Node>;
  /** Of the instance, epoch milliseconds. */
  readonly launchedAt?: number;
  /** Of the instance, out of a warm pool. @default when it was launched */
  readonly startedAt?: number;
}

export class DriftScene {
  /** By cluster, then by name. */
  readonly nodes = new Map<string, Map<string, Node>>();
  readonly groups = new Map<string, Group>();
  readonly plans = new Map<string, LaunchPlan | { readonly fault: string }>();
  readonly launched = new Map<string, Launched>();
  /** Who changes a group, by its name. */
  readonly changes = new Map<string, string>();
  /** Whether EKS repairs a group, by its name, or how it refuses to tell. */
  readonly repairs = new Map<string, boolean | Error>();
  readonly pods = new Map<string, number>();
  /** Status checks that fail, of all instances. */
  readonly impaired: Impairment[] = [];
  /** How EC2 fails when it is asked for them. */
  ec2Fails: Error | undefined;
  readonly away = new Set<string>();
  readonly settings = new Map<string, ClusterSettings | Error>();
  readonly events: DomainEvent[] = [];
  /** Names of the nodes that were written. */
  readonly patched: string[] = [];
  /** What was asked, by whom it concerned. */
  readonly asked = {
    launched: [] as string[][],
    underWay: [] as string[],
    repairs: [] as string[],
    enrolled: 0,
    pods: [] as string[],
    checks: [] as StatusCheck[][],
    version: 0,
    shifts: 0,
  };
  /** What ARC tells. */
  shifts: () => Promise<ShiftReading> = () => Promise.resolve({ kind: 'read', resources: [] });
  /** ARNs of the load balancers that serve the clusters. */
  serving: readonly string[] = [];
  /** Called before a node is read in order to be written. */
  beforeRead: (name: string) => void = () => undefined;
  mostPatchesAtOnce = 0;
  #patches = 0;

  constructor(...clusters: readonly ClusterSettings[]) {
    for (const each of clusters.length === 0 ? [aCluster()] : clusters) {
      this.settings.set(each.name, each);
      this.nodes.set(each.name, new Map());
      for (const { name } of each.groups) this.addGroup(name);
    }
  }

  addGroup(name: string, given: Partial<Group> = {}): void {
    this.groups.set(name, aGroup({ name, ...given }));
    this.plans.set(name, planOf(NEW_IMAGE));
  }

  changeGroup(name: string, given: Partial<Group>): void {
    this.groups.set(name, { ...this.group(name), ...given });
  }

  /** Adds nodes of these numbers to group `workers` of `production`, with the old image, unless given. */
  add(numbers: readonly number[], added: Added = {}): void {
    const { group = 'workers', cluster = 'production', image = OLD_IMAGE, launchedAt = NOON - 48 * HOUR } = added;
    for (const number of numbers) {
      const instance = instanceId(number);
      const version = image === NEW_IMAGE ? '2' : '1';
      const launchedFrom = { kind: 'template', id: TEMPLATE, version } as const;
      const { members, desired } = this.group(group);
      const member = aMember({ instance, group, launchedFrom, ...added.member });
      const serves = isPooled(member.state) ? 0 : 1;
      this.changeGroup(group, { members: [...members, member], desired: desired + serves });
      this.launched.set(instance, { image, at: launchedAt, startedAt: added.startedAt ?? launchedAt });
      this.addNode(number, { createdAt: launchedAt, ...added.node }, cluster);
    }
  }

  /** A node without a place in any group. */
  addNode(number: number, given: Partial<Node> = {}, cluster = 'production'): void {
    const name = nodeName(number);
    const providerId = `aws:///eu-central-1a/${instanceId(number)}`;
    this.#nodesOf(cluster).set(name, aNode({ name, providerId, createdAt: NOON - 48 * HOUR, ...given }));
  }

  /** The instance has gone, and its node; its replacement is a node of number `by`. */
  replace(number: number, by: number): void {
    const { members, desired } = this.group('workers');
    this.changeGroup('workers', {
      members: members.filter(({ instance }) => instance !== instanceId(number)),
      desired: desired - 1,
    });
    this.#nodesOf('production').delete(nodeName(number));
    this.add([by], { image: NEW_IMAGE, launchedAt: NOON - HOUR });
  }

  node(number: number, cluster = 'production'): Node {
    const found = this.#nodesOf(cluster).get(nodeName(number));
    if (found === undefined) throw new Error(`there is no ${nodeName(number)}`);
    return found;
  }

  /** Its retirement has begun, and signed what it marks. */
  retire(number: number, kind: string): void {
    const { labels, annotations } = retiringMarks(kind);
    const node = this.node(number);
    this.change(number, {
      labels: { ...node.labels, ...labels },
      annotations: { ...node.annotations, ...annotations },
    });
  }

  change(number: number, given: Partial<Node>): void {
    this.#nodesOf('production').set(nodeName(number), { ...this.node(number), ...given });
  }

  /** Its drain has failed: it is restored and rests until then, epoch milliseconds. */
  coolDown(number: number, until: number): void {
    const [settings] = this.settings.values();
    if (settings === undefined || settings instanceof Error) throw new Error('there is no cluster');
    const terms = { coolDown: { until, reason: 'shop/web cannot move' }, drainTaint: settings.drift.drainTaint };
    this.#patch(this.#nodesOf(settings.name), nodeName(number), coolingDown(this.node(number), terms));
  }

  /** Keys of the taints of a node. */
  taintsOf(number: number, cluster?: string): string[] {
    return this.node(number, cluster).taints.map(({ key }) => key);
  }

  /** Numbers of the nodes that bear a taint of that key. */
  bearing(key: string, cluster = 'production'): number[] {
    const bearing = [...this.#nodesOf(cluster).values()].filter(({ taints }) =>
      taints.some((taint) => taint.key === key),
    );
    return bearing.map(({ name }) => Number(name.slice('node-'.length)));
  }

  of<Type extends DomainEvent['type']>(type: Type): Extract<DomainEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<DomainEvent, { type: Type }> => event.type === type);
  }

  async run(given: { readonly dryRun?: boolean } = {}): Promise<readonly DriftReport[]> {
    return await taintDriftedNodes(this.#ports(), given);
  }

  /** The only cluster's report. */
  async look(given: { readonly dryRun?: boolean } = {}): Promise<DriftReport> {
    const [report, ...more] = await this.run(given);
    if (report === undefined || more.length > 0) throw new Error('there is not one report');
    return report;
  }

  group(name: string): Group {
    const found = this.groups.get(name);
    if (found === undefined) throw new Error(`there is no group ${name}`);
    return found;
  }

  #nodesOf(cluster: string): Map<string, Node> {
    const found = this.nodes.get(cluster);
    if (found === undefined) throw new Error(`there is no cluster ${cluster}`);
    return found;
  }

  #ports(): DriftPorts {
    return {
      settings: {
        names: () => Promise.resolve([...this.settings.keys()]),
        cluster: (name) => {
          const found = this.settings.get(name);
          return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
        },
      },
      groups: {
        enrolled: () => {
          this.asked.enrolled += 1;
          return Promise.resolve([...this.groups.values()]);
        },
        named: () => Promise.reject(new Error('not asked for')),
        members: () => Promise.reject(new Error('not asked for')),
      },
      launches: {
        plans: (groups) =>
          Promise.resolve(new Map([...this.plans].filter(([name]) => groups.some((group) => group.name === name)))),
        launched: (instances) => {
          this.asked.launched.push([...instances]);
          return Promise.resolve(new Map([...this.launched].filter(([instance]) => instances.includes(instance))));
        },
      },
      statusChecks: {
        impaired: (checks) => {
          if (checks.length > 0) this.asked.checks.push([...checks]);
          if (this.ec2Fails !== undefined) return Promise.reject(this.ec2Fails);
          return Promise.resolve(this.impaired.filter(({ check }) => checks.includes(check)));
        },
      },
      changes: {
        underWay: ({ name }) => {
          this.asked.underWay.push(name);
          return Promise.resolve(this.changes.get(name));
        },
        repairs: ({ name }) => {
          this.asked.repairs.push(name);
          const answer = this.repairs.get(name) ?? false;
          return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
        },
      },
      clusters: { open: ({ name }) => Promise.resolve(this.#open(name)) },
      zonalShifts: {
        read: () => {
          this.asked.shifts += 1;
          return this.shifts();
        },
      },
      balancing: { serving: () => Promise.resolve(this.serving) },
      journal: { report: (event) => this.events.push(event) },
    };
  }

  #open(cluster: string): Cluster & FleetView {
    const nodes = this.#nodesOf(cluster);
    const present = (): void => {
      if (this.away.has(cluster)) throw new ClusterAway('connection refused');
    };
    const api: Pick<Cluster & FleetView, 'allNodes' | 'countPods' | 'controlPlaneVersion' | 'readNode' | 'patchNode'> =
      {
        async *allNodes() {
          present();
          const all = [...nodes.values()];
          for (let from = 0; from < all.length; from += 3) yield await Promise.resolve(all.slice(from, from + 3));
        },
        countPods: (name) => {
          this.asked.pods.push(name);
          return Promise.resolve(this.pods.get(name) ?? 0);
        },
        controlPlaneVersion: () => {
          this.asked.version += 1;
          return Promise.resolve('1.33');
        },
        readNode: async (name) => {
          await Promise.resolve();
          present();
          this.beforeRead(name);
          return nodes.get(name);
        },
        patchNode: async (name, patch) => {
          this.#patches += 1;
          this.mostPatchesAtOnce = Math.max(this.mostPatchesAtOnce, this.#patches);
          await new Promise(setImmediate);
          this.#patches -= 1;
          return this.#patch(nodes, name, patch);
        },
      };
    return api as Cluster & FleetView;
  }

  #patch(nodes: Map<string, Node>, name: string, { metadata, spec }: NodePatch): 'patched' | 'conflict' | 'gone' {
    const node = nodes.get(name);
    if (node === undefined) return 'gone';
    if (node.resourceVersion !== metadata.resourceVersion) return 'conflict';
    const annotations = Object.entries({ ...node.annotations, ...metadata.annotations });
    nodes.set(name, {
      ...node,
      taints: spec.taints,
      annotations: Object.fromEntries(annotations.filter((entry): entry is [string, string] => entry[1] !== null)),
      resourceVersion: String(Number(node.resourceVersion) + 1),
    });
    this.patched.push(name);
    return 'patched';
  }
}

/** Version 2 of the template, with that image. */
export function planOf(image: string, given: Partial<LaunchPlan> = {}): LaunchPlan {
  return { base: { kind: 'template', id: TEMPLATE, version: '2', image }, overrides: [], origins: [], ...given };
}
