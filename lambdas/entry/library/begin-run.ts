/** The beginning of a run in this process: whose cluster it is, and whether AWS and Kubernetes answer at all. */
import { clusterGroups } from '../../adapters/auto-scaling/cluster-groups.ts';
import type { UserKubeconfig } from '../../adapters/kubernetes/kubeconfig/user-kubeconfig.ts';
import type { DomainEvent } from '../../core/events/domain-event.ts';
import { clusterSchema, type ClusterSettings } from '../../core/settings/cluster-settings.ts';
import type { Fleets } from '../../workflow/ports/kubernetes.ts';
import { awsClients, type AwsAccess, type AwsClients } from './aws-clients.ts';
import { fleetsBy, LOCAL_INSTALLATION, runPorts, type RunPorts } from './run-ports.ts';

/** What a run is made of besides its request. */
export interface RunMeans {
  /** @default the region and credentials of the environment */
  readonly aws?: AwsAccess;
  /** The client library's KubeConfig; its current context is the cluster. @default EKS, by the cluster's name */
  readonly kubeconfig?: UserKubeconfig;
  /** The cluster's settings, as in a configuration file. @default the defaults, and the groups that are found */
  readonly settings?: Partial<ClusterSettings>;
  /** @default `ebb-drain` */
  readonly hookName?: string;
  /** Called with each domain event. */
  readonly onEvent?: (event: DomainEvent) => void;
}

/** Refused before anything was changed. */
export class CannotBegin extends Error {
  override readonly name = 'CannotBegin';
}

const DEFAULT_HOOK = 'ebb-drain';

/** AWS and the cluster, as they are reached. */
export interface Reached {
  readonly clients: AwsClients;
  readonly fleets: Fleets;
}

export function reach({ aws, kubeconfig }: RunMeans): Reached {
  const clients = awsClients(aws);
  return { clients, fleets: fleetsBy(clients, kubeconfig) };
}

/**
 * @param cluster its name
 * @param groups names of groups that no tag may give to the cluster
 * @throws CannotBegin, ClusterRefused, ClusterAway, or the error of AWS
 */
export async function beginRun(
  cluster: string,
  groups: readonly string[],
  means: RunMeans,
  { clients, fleets }: Reached = reach(means),
): Promise<RunPorts> {
  const region = await clients.autoScaling.config.region();
  const named = [...(means.settings?.groups ?? []).map(({ name }) => name), ...groups];
  const { names, account } = await clusterGroups(clients.autoScaling, cluster, named);
  if (account === undefined) {
    const none = `no Auto Scaling group in ${region} is named, or says by a tag that it is of cluster ${cluster}`;
    throw new CannotBegin(`${none}: name its groups, or check region and credentials`);
  }
  const ports = runPorts({
    clients,
    fleets,
    settings: settingsWith(cluster, names, means.settings),
    home: { account, region, installation: LOCAL_INSTALLATION },
    hookName: means.hookName ?? DEFAULT_HOOK,
    onEvent: means.onEvent ?? (() => undefined),
  });
  const view = await fleets.open({ name: cluster });
  await view.countNodes();
  return ports;
}

/** The settings of the cluster, with every group that was found. */
function settingsWith(name: string, groups: readonly string[], given: Partial<ClusterSettings> = {}): ClusterSettings {
  const known = given.groups ?? [];
  const others = groups.filter((group) => !known.some((each) => each.name === group)).map((group) => ({ name: group }));
  const defaults = clusterSchema.parse({ name, groups: others });
  return { ...defaults, ...given, name, groups: [...known, ...defaults.groups] };
}
