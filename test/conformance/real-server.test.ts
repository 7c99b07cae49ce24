/**
 * The same cases against real servers, where there are any: a cluster named by KUBECONFIG_UNDER_TEST, a kube-apiserver
 * and etcd in KUBEBUILDER_ASSETS. What they show is right, and the peer wrong.
 */
import { existsSync } from 'node:fs';

import { it } from 'vitest';

import { conformance } from './conformance.ts';
import { apiServer, cluster } from './subjects.ts';

const { KUBECONFIG_UNDER_TEST, KUBEBUILDER_ASSETS } = process.env;

if (KUBECONFIG_UNDER_TEST) {
  const file = KUBECONFIG_UNDER_TEST;
  if (!existsSync(file)) throw new Error(`KUBECONFIG_UNDER_TEST names ${file}, which is not there`);
  conformance('the cluster of KUBECONFIG_UNDER_TEST', ['api', 'controllers'], () => cluster(file));
} else {
  skipped('no real cluster is tried: KUBECONFIG_UNDER_TEST names no kubeconfig file');
}

if (KUBEBUILDER_ASSETS) {
  if (!existsSync(`${KUBEBUILDER_ASSETS}/kube-apiserver`))
    throw new Error(`KUBEBUILDER_ASSETS names ${KUBEBUILDER_ASSETS}, in which there is no kube-apiserver`);
  conformance('the API server of KUBEBUILDER_ASSETS', ['api'], apiServer);
} else {
  skipped('no real API server is tried: KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd');
}

/** One line that says what was not tried and why. */
function skipped(why: string): void {
  console.info(`skipped: ${why}`);
  it.skip(why, () => undefined);
}
