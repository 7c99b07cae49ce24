/**
 * The Kubernetes API of a made-up cluster, for whoever lists its nodes and counts their pods: pages are serialised and
 * compressed before anybody asks, so that what is measured is the client's. As a real API server it speaks HTTP/2, and
 * compresses what is longer than 128 KB.
 */
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { makeCertificates } from '../../peers/kubernetes/access/tls.ts';
import { indexOfNode, type MadeUpFleet } from './scan-fleet.ts';
import { markedNode } from './scan-marks.ts';

/** The API server's own level. */
const GZIP = { level: 1 };

const PODS = 30;

export interface CannedKubernetes {
  readonly url: string;
  readonly ca: string;
  readonly server: Http2SecureServer;
  /** Bytes of a node's JSON, and how many come over the wire. */
  readonly nodeBytes: { readonly json: number; readonly wire: number };
}

/** @param pageSize the one that is asked for */
export async function serveKubernetes(
  fleet: MadeUpFleet,
  pageSize: number,
  counted: (request: string) => void,
): Promise<CannedKubernetes> {
  const { nodes } = fleet;
  const pages: Buffer[] = [];
  const sizes = { json: 0, wire: 0 };
  for (let first = 0; first < nodes; first += pageSize) {
    const json = JSON.stringify(nodePage(first, Math.min(pageSize, nodes - first), fleet));
    const page = gzipSync(json, GZIP);
    sizes.json += json.length;
    sizes.wire += page.length;
    pages.push(page);
  }
  const pods = JSON.stringify(podPage());
  const { key, cert, ca } = await makeCertificates();
  const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'https://cluster');
    const [, name] = /^\/api\/v1\/nodes\/(.+)$/.exec(pathname) ?? [];
    counted(`${request.method} ${name === undefined ? pathname : '/api/v1/nodes/{name}'}`);
    response.setHeader('content-type', 'application/json');
    if (pathname === '/api/v1/pods') response.end(pods);
    // What is patched is not remembered, so that every run meets the same.
    else if (name !== undefined) response.end(JSON.stringify(markedNode(indexOfNode(name), fleet.state)));
    else if (pathname === '/api/v1/nodes' && searchParams.get('limit') === String(pageSize)) {
      response.setHeader('content-encoding', 'gzip');
      response.end(pages[Number(searchParams.get('continue') ?? '0')] ?? '');
    } else {
      response.statusCode = 404;
      response.end('{}');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    ca,
    server,
    nodeBytes: { json: Math.round(sizes.json / nodes), wire: Math.round(sizes.wire / nodes) },
  };
}

function nodePage(first: number, count: number, { nodes, state }: MadeUpFleet): object {
  const next = first + count;
  const more = next < nodes ? { continue: String(next / count), remainingItemCount: nodes - next } : {};
  const items = Array.from({ length: count }, (_, index) => markedNode(first + index, state));
  return { kind: 'NodeList', apiVersion: 'v1', metadata: { resourceVersion: '2000000', ...more }, items };
}

/** Of any node: the client counts them. */
function podPage(): object {
  const items = Array.from({ length: PODS }, (_, nth) => ({
    metadata: {
      name: `web-5d8c7b9f6d-${nth}`,
      namespace: 'shop',
      uid: `11111111-0000-4000-8000-${String(nth).padStart(12, '0')}`,
      labels: { app: 'web', 'pod-template-hash': '5d8c7b9f6d' },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-5d8c7b9f6d', controller: true }],
    },
  }));
  return { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata: {}, items };
}
