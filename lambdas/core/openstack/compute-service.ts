/** The nova-compute service of a host: which node it belongs to, and who has disabled it (contract 11.1, 11.4). */
import type { Node } from '../kubernetes/node.ts';

export interface ComputeService {
  readonly id: string;
  /** Name of the compute host, by which guests name it. */
  readonly host: string;
  readonly isEnabled: boolean;
  /** Whether it reports to Nova; one that is down cannot migrate its guests. */
  readonly isUp: boolean;
  /** Words of whoever disabled it. */
  readonly disabledReason?: string;
}

/** Label and annotation of a node that is a compute host. Their value is the host's name; `true`: it is the node's. */
export const NOVA_HOST_KEY = 'ebb/nova-host';

/** Most characters that Nova takes as a reason. */
const LONGEST_REASON = 255;

/** The reason with which Ebb disables a service: it names the installation, so that each enables only its own. */
export function disabledReasonOf(installation: string, why: string): string {
  return `${prefixOf(installation)}${why}`.slice(0, LONGEST_REASON);
}

/** Whether this installation has disabled it; what anybody else has disabled is not Ebb's to enable. */
export function isDisabledByUs(
  { isEnabled, disabledReason = '' }: Pick<ComputeService, 'isEnabled' | 'disabledReason'>,
  installation: string,
): boolean {
  return !isEnabled && disabledReason.startsWith(prefixOf(installation));
}

function prefixOf(installation: string): string {
  return `Ebb (${installation}): `;
}

/** Names that a node's compute host may have. */
export interface HostNames {
  /** In the order in which they are tried. */
  readonly names: readonly string[];
  /** Whether the node says that it is a compute host: then a host that Nova does not know is a fault. */
  readonly isNamed: boolean;
}

/** Takes the annotation, the label, the node's name and its short name, in this order (contract 11.1). */
export function hostNamesOf({ name, labels, annotations }: Pick<Node, 'name' | 'labels' | 'annotations'>): HostNames {
  const marks = [annotations[NOVA_HOST_KEY], labels[NOVA_HOST_KEY]].filter((mark) => mark !== undefined);
  const [given] = marks.filter((mark) => mark !== '' && mark !== 'true');
  if (given !== undefined) return { names: [given], isNamed: true };
  const [short = name] = name.split('.');
  return { names: [...new Set([name, short])], isNamed: marks.length > 0 };
}

/** The service of a node; `missing`: the node names a host that Nova does not know. */
export type NodesService =
  | { readonly kind: 'found'; readonly service: ComputeService }
  | { readonly kind: 'none' }
  | { readonly kind: 'missing'; readonly reason: string };

/** @param services those that Nova has, or as many of them as bear one of the names */
export function serviceOf(
  node: Pick<Node, 'name' | 'labels' | 'annotations'>,
  services: readonly ComputeService[],
): NodesService {
  const { names, isNamed } = hostNamesOf(node);
  for (const name of names) {
    const service = services.find(({ host }) => host === name);
    if (service !== undefined) return { kind: 'found', service };
  }
  if (!isNamed) return { kind: 'none' };
  const host = names.join(' or ');
  return {
    kind: 'missing',
    reason: `node ${node.name} says that it is compute host ${host}, which Nova does not know`,
  };
}
