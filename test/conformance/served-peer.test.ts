/**
 * The way to a real cluster, tried with the peer in a cluster's place: reached by a kubeconfig file alone, with a client
 * certificate as kind and k3s give it, in real time. The `controllers` cases need minutes that way and are left to
 * KUBECONFIG_UNDER_TEST.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { DrivenClock } from '../peers/clock.ts';
import { KubernetesPeer } from '../peers/kubernetes/peer.ts';
import { conformance } from './conformance.ts';
import type { Subject } from './subject.ts';
import { cluster } from './subjects.ts';

conformance('the peer by a kubeconfig file, in real time', ['api'], servedPeer);

async function servedPeer(): Promise<Subject> {
  const peer = await KubernetesPeer.start({ clock: new DrivenClock() });
  peer.world.addNode({ name: 'n1' });
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  const file = join(folder, 'kubeconfig');
  const { cert, key } = await peer.addCertificateUser('kubernetes-admin', ['kubeadm', 'system:masters']);
  await writeFile(file, peer.kubeconfig({ certificate: cert, key }), { mode: 0o600 });
  const subject = await cluster(file);
  const stop = async (): Promise<void> => {
    await subject.stop();
    await peer.stop();
    await rm(folder, { recursive: true });
  };
  return { ...subject, stop };
}
