/** For tests: a cluster as somebody else runs it, who is no more than bound to the shipped ClusterRole. */
import { clusterRoleManifests } from '../../../infra/cluster-role/cluster-role.ts';
import { CLUSTER_ROLE_RULES } from '../../../lambdas/adapters/kubernetes/cluster.ts';
import { DrivenClock } from '../../peers/clock.ts';
import type { Credentials } from '../../peers/kubernetes/access/kubeconfig.ts';
import type { Node } from '../../peers/kubernetes/storage/objects.ts';
import { deleteObject } from '../../peers/kubernetes/storage/deletion.ts';
import { pods } from '../../peers/kubernetes/storage/resources.ts';
import { KubernetesPeer } from '../../peers/kubernetes/peer.ts';
import { KubeconfigFolder } from '../../peers/own-cluster/kubeconfig-given.ts';
import { OwnClusterFault } from '../../peers/own-cluster/fault.ts';
import type { LoggedEvent } from '../../installation.ts';
import type { Right } from '../own-node/cluster-rights.ts';
import { drainOwnNode } from './own-cluster.ts';
import type { Patience } from '../../command/command-stage.ts';
import type { OwnClusterOptions, OwnClusterStage } from './own-cluster-stage.ts';
import type { Outcome, Scene } from '../scenario.ts';

export const NODE = 'worker';
const OTHER = 'worker2';
const GROUP = 'ebb';

/** Short, so that a test of it is. */
const PATIENCE: Patience = { away: 1_000, look: 100, restore: 500, start: 60_000 };

/** What a run told. */
export interface Run {
  readonly status: number;
  readonly fault: OwnClusterFault | undefined;
  readonly said: string;
  readonly events: readonly LoggedEvent[];
  readonly scene: Scene | undefined;
  readonly outcome: Outcome | undefined;
}

export interface RunPlan extends Partial<OwnClusterOptions> {
  readonly confirm?: OwnClusterStage['confirm'];
  readonly interrupted?: AbortSignal;
  /** Called with each event, while the run goes on. */
  readonly onEvent?: (event: LoggedEvent) => void;
}

export class SomebodysCluster implements AsyncDisposable {
  readonly peer: KubernetesPeer;
  readonly folder = new KubeconfigFolder();

  private constructor(peer: KubernetesPeer) {
    this.peer = peer;
  }

  static async start(): Promise<SomebodysCluster> {
    const given = new SomebodysCluster(await KubernetesPeer.start({ clock: new DrivenClock() }));
    const { world } = given.peer;
    for (const [name, zone] of [
      [NODE, 'eu-central-1a'],
      [OTHER, 'eu-central-1b'],
    ] as const) {
      world.addNode({ name, zone, providerID: `kind://docker/kind/${name}` });
    }
    for (const manifest of clusterRoleManifests(GROUP)) world.apply(manifest as never);
    return given;
  }

  /** Pods on both nodes: with a budget, without, with a volume, and one that stays. */
  async populate(): Promise<void> {
    const { world } = this.peer;
    const pace = { namespace: 'shop', startSeconds: 0.1, shutdownSeconds: 0.1, nodes: [NODE, OTHER] };
    world.addDeployment({ ...pace, name: 'web', replicas: 4 });
    world.addBudget({ namespace: 'shop', name: 'web', for: 'web', maxUnavailable: 1 });
    world.addDeployment({ ...pace, name: 'worker', replicas: 4 });
    world.addStatefulSet({ ...pace, name: 'db', replicas: 2, volume: true, parallel: true });
    world.addDaemonSet({ namespace: 'kube-system', name: 'agent' });
    await this.peer.whenSettled();
  }

  /** Pods on the node whose creators made up what owns them. */
  populateMadeUp(): Promise<void> {
    for (const [kind, apiVersion] of [
      ['constructor', 'apps/v1'],
      ['__proto__', 'apps/v1'],
      ['ReplicaSet', 'evil.example/v1'],
    ] as const) {
      const name = `odd-${kind.toLowerCase().replaceAll('_', '')}`;
      const owner = { apiVersion, kind, name: 'x/scale', uid: `uid of ${kind}`, controller: true };
      this.peer.world.addBarePod({ namespace: 'shop', name, node: NODE, ownerReferences: [owner] });
    }
    return this.peer.whenSettled();
  }

  /** One pod on the node that its budget never lets go. */
  async populateHeld(): Promise<void> {
    this.peer.world.addDeployment({ namespace: 'shop', name: 'held', nodes: [NODE] });
    this.peer.world.addBudget({ namespace: 'shop', name: 'held', for: 'held', maxUnavailable: 0 });
    await this.peer.whenSettled();
  }

  /** Somebody deletes the pods of the node in a namespace, past their budgets. */
  deletePods(namespace: string): void {
    const parts = { store: this.peer.store, clock: this.peer.clock };
    for (const pod of this.peer.podsOn(NODE)) {
      if (pod.metadata.namespace === namespace) deleteObject(parts, pods, pod, { gracePeriodSeconds: 1 });
    }
  }

  get node(): Node {
    const found = this.peer.node(NODE);
    if (found === undefined) throw new Error(`there is no node ${NODE}`);
    return found;
  }

  /** The path of a kubeconfig; a user by token unless told. */
  kubeconfig(credentials: Credentials = { token: this.addUser('jane') }): string {
    return this.folder.write('kubeconfig', this.peer.kubeconfig(credentials, 'jane'));
  }

  /** The token of somebody who is bound to the ClusterRole. */
  addUser(name: string): string {
    return this.peer.addUser(name, [GROUP]);
  }

  certifiedUser(name: string) {
    return this.peer.addCertificateUser(name, [GROUP]);
  }

  /** From now on the ClusterRole is without these rights. */
  takeAway(...rights: readonly Right[]): void {
    const rules = CLUSTER_ROLE_RULES.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.map((resource) => ({
          apiGroups: [group],
          resources: [resource],
          verbs: verbs.filter(
            (verb) =>
              !rights.some((right) => right.group === group && right.resource === resource && right.verb === verb),
          ),
        })),
      ),
    );
    const [role] = clusterRoleManifests(GROUP);
    this.peer.world.apply({ ...role, rules } as never);
  }

  /** Runs the demo on the node, in this process, and keeps what it told. */
  async run({ confirm = () => Promise.resolve('yes'), interrupted, onEvent, ...options }: RunPlan = {}): Promise<Run> {
    const said: string[] = [];
    const events: LoggedEvent[] = [];
    const told: { scene?: Scene; outcome?: Outcome } = {};
    const stage: OwnClusterStage = {
      patience: PATIENCE,
      confirm,
      interrupted: interrupted ?? new AbortController().signal,
      say: (line) => said.push(line),
      telling: {
        begin: (scene) => (told.scene = scene),
        fact: () => undefined,
        event: (event) => {
          events.push(event);
          onEvent?.(event);
        },
        end: (outcome) => (told.outcome = outcome),
      },
    };
    const asked = { node: NODE, drainTimeoutSeconds: 3_600, keepIsolated: false, ...options };
    const came = await drainOwnNode({ ...asked, kubeconfig: options.kubeconfig ?? this.kubeconfig() }, stage).then(
      (status) => ({ status, fault: undefined }),
      (error: unknown) => {
        if (error instanceof OwnClusterFault) return { status: 1, fault: error };
        throw error;
      },
    );
    return { ...came, said: said.join('\n'), events, scene: told.scene, outcome: told.outcome };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.peer.stop();
    this.folder[Symbol.dispose]();
  }
}
