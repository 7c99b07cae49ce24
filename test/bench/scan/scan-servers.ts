/** A process of its own: the API server and AWS of a made-up cluster, until its parent ends it. */
import type { FleetState } from './scan-fleet.ts';
import { serveAws } from './scan-aws.ts';
import { serveKubernetes } from './scan-kubernetes.ts';

/** What the servers say once they serve. */
export interface Serving {
  readonly kind: 'serving';
  readonly awsUrl: string;
  /** Bytes of one node's JSON and of its share of the compressed page, and of an instance's XML. */
  readonly bytes: { readonly json: number; readonly wire: number; readonly instance: number };
}

/** What they were asked since they were last asked for it, by kind of request. */
export interface Asked {
  readonly kind: 'asked';
  readonly kubernetes: Readonly<Record<string, number>>;
  readonly aws: Readonly<Record<string, number>>;
}

/** The one that the scan asks for. */
const PAGE_SIZE = 100;

const [, , nodes, state] = process.argv;
const fleet = { nodes: Number(nodes), state: state as FleetState };
const asked = { kubernetes: new Map<string, number>(), aws: new Map<string, number>() };

const kubernetes = await serveKubernetes(fleet, PAGE_SIZE, counterIn(asked.kubernetes));
const aws = await serveAws({ fleet, kubernetes }, counterIn(asked.aws));

// Its parent may be ended by Ctrl-C.
process.on('disconnect', () => process.exit());
process.on('message', () => {
  const told: Asked = {
    kind: 'asked',
    kubernetes: Object.fromEntries(asked.kubernetes),
    aws: Object.fromEntries(asked.aws),
  };
  asked.kubernetes.clear();
  asked.aws.clear();
  process.send?.(told);
});
const bytes = { ...kubernetes.nodeBytes, instance: aws.instanceBytes };
process.send?.({ kind: 'serving', awsUrl: aws.url, bytes } satisfies Serving);

function counterIn(counts: Map<string, number>): (request: string) => void {
  return (request) => {
    counts.set(request, (counts.get(request) ?? 0) + 1);
  };
}
