/**
 * A Kubernetes API server with its control plane and kubelets, as far as a drainer can tell (contract 12): what it
 * answers is written to Kubernetes' documentation and pinned to a real server's recorded answers, never to what our
 * client happens to send. All its time is the driven clock's.
 *
 * Deliberately not: OpenAPI, server-side apply, Tables, protobuf, HTTP/2, Roles in namespaces, rolling updates, Jobs
 * that start pods, admission beyond the few rules that a drain meets.
 */
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { createAdaptorServer } from '@hono/node-server';

import type { DrivenClock } from '../clock.ts';
import { AccessLog } from './api/access-log.ts';
import { AvailabilityCheck } from './world/availability.ts';
import { Cluster, DEFAULT_LATENCIES, type Latencies } from './world/cluster.ts';
import { type Fact, factsOf } from './storage/facts.ts';
import { Faults } from './api/faults.ts';
import { type Credentials, kubeconfig } from './access/kubeconfig.ts';
import { Listing } from './api/listing.ts';
import type { Node, Pod } from './storage/objects.ts';
import type { User } from './access/rbac.ts';
import { nodes, pods, type Resource } from './storage/resources.ts';
import { makeServer } from './api/server.ts';
import { ObjectStore } from './storage/store.ts';
import { Timeline } from './world/timeline.ts';
import { type Certificates, type CertifiedKey, makeCertificates, signClientCertificate } from './access/tls.ts';
import { World } from './world/world.ts';

export interface PeerOptions {
  readonly clock: DrivenClock;
  /** The user of a bearer token, for tokens that the peer did not make itself; undefined answers 401. */
  readonly authenticate?: (bearer: string) => Promise<User | undefined>;
  readonly latencies?: Partial<Latencies>;
  /** Whether a watch without a version says when its first events are over, as since 1.34. @default true */
  readonly streamsLists?: boolean;
}

/** An eviction request that was answered. */
export interface EvictionEntry {
  readonly at: number;
  readonly namespace: string;
  readonly pod: string;
  readonly user: string;
  readonly status: number;
}

const ADMIN = 'kubernetes-admin';
/** Go's servers keep idle connections for minutes; Node's 5 s would make resets that no API server makes. */
const KEEP_ALIVE_MILLISECONDS = 180_000;

export class KubernetesPeer {
  readonly url: string;
  /** PEM of the made authority that signed the server's certificate. */
  readonly ca: string;
  readonly clock: DrivenClock;
  readonly store: ObjectStore;
  readonly world: World;
  readonly faults: Faults;
  readonly requests: AccessLog;
  readonly availability: AvailabilityCheck;
  readonly evictions: EvictionEntry[];
  readonly #parts: Parts;

  private constructor(parts: Parts, url: string, ca: string) {
    this.url = url;
    this.ca = ca;
    this.clock = parts.cluster.clock;
    this.store = parts.cluster.store;
    this.world = parts.world;
    this.faults = parts.faults;
    this.requests = parts.log;
    this.availability = parts.availability;
    this.evictions = parts.evictions;
    this.#parts = parts;
  }

  /** Starts on 127.0.0.1 at a free port with an empty cluster: the system namespaces and no nodes. */
  static async start(options: PeerOptions): Promise<KubernetesPeer> {
    const certificates = await makeCertificates();
    const parts = assemble(options, certificates);
    await new Promise<void>((resolve) => parts.server.listen(0, '127.0.0.1', resolve));
    const { port } = parts.server.address() as AddressInfo;
    return new KubernetesPeer(parts, `https://127.0.0.1:${port}`, certificates.ca);
  }

  /** Ends everything at once, open watches too. */
  async stop(): Promise<void> {
    const { server, world, cluster } = this.#parts;
    world.stop();
    cluster.stop();
    this.#parts.listing.stop();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** A token for a user that the peer knows without asking `authenticate`. */
  addUser(username: string, groups: readonly string[]): string {
    const token = randomUUID();
    this.#parts.users.set(token, { username, groups });
    return token;
  }

  /** From now on a token is nobody's. */
  forgetToken(token: string): void {
    this.#parts.users.delete(token);
  }

  /** A client certificate for a user; the user is in it, so the peer need not be told (`--client-ca-file`). */
  addCertificateUser(username: string, groups: readonly string[]): Promise<CertifiedKey> {
    return signClientCertificate(this.#parts.certificates.clientAuthority, username, groups);
  }

  /** Replaces the authority of users: certificates of the last one are nobody's, on open connections too. */
  replaceClientAuthority(by: CertifiedKey): void {
    const { server, certificates } = this.#parts;
    certificates.clientAuthority = by;
    server.setSecureContext({ key: certificates.key, cert: certificates.cert, ca: by.cert });
  }

  /** A kubeconfig as YAML: for an administrator, or for whoever has the credentials (a text is a token). */
  kubeconfig(credentials: Credentials | string = this.adminToken, user = ADMIN): string {
    return kubeconfig(this, user, typeof credentials === 'string' ? { token: credentials } : credentials);
  }

  /** The administrator's token (group system:masters). */
  get adminToken(): string {
    return this.#parts.adminToken;
  }

  /** Calls `listener` with every fact as it happens; returns the undo. */
  on(listener: (fact: Fact) => void): () => void {
    this.#parts.listeners.add(listener);
    return () => this.#parts.listeners.delete(listener);
  }

  /** The life of every pod there ever was. */
  get timeline(): Timeline {
    return this.#parts.timeline;
  }

  pods(namespace?: string): Pod[] {
    return this.store.list(pods, namespace);
  }

  podsOn(node: string): Pod[] {
    return this.pods().filter(({ spec }) => spec.nodeName === node);
  }

  node(name: string): Node | undefined {
    return this.store.get(nodes, { name });
  }

  /** Resolves when every wanted pod exists and is Ready; time has to be moved by somebody else, or is real. */
  async whenSettled(): Promise<void> {
    while (!this.world.settled) await this.clock.sleep(this.#parts.cluster.latencies.controller);
  }

  /** Moves the clock until the world is settled; throws when it is not within `seconds` of driven time. */
  async settle(seconds = 600): Promise<void> {
    const limit = this.clock.now() + seconds * 1000;
    while (!this.world.settled) {
      if (this.clock.now() > limit) throw new Error(`the world is not settled after ${seconds} s`);
      await this.clock.jumpTo(Math.max(this.clock.now(), this.clock.nextDue ?? this.clock.now() + 20));
    }
  }

  /**
   * The machine of a node ends, with all that runs on it (`killed` in the timeline). Its object goes after the node is
   * NotReady, as the cloud's node controller removes it, unless `nodeStays`; and its pods' objects after that.
   */
  terminateMachine(node: string, { nodeStays = false }: { readonly nodeStays?: boolean } = {}): void {
    this.timeline.kill(node, this.clock.now());
    this.world.stopKubelet(node);
    if (nodeStays) return;
    this.#parts.cluster.after(this.#parts.cluster.latencies.nodeMonitorGrace + CLOUD_NODE_MONITOR_MILLISECONDS, () => {
      this.world.deleteNode(node);
    });
  }

  /** Forgets all history: older watches and continue tokens answer 410. */
  compact(): void {
    this.store.compact();
    this.#parts.listing.compact();
  }

  /** Lists of a resource at version "0" show the state of now until the undo is called, as a lagging cache does. */
  holdStale(resource: Resource): () => void {
    return this.#parts.listing.holdStale(resource);
  }
}

/** How often the cloud's node controller looks for nodes whose machine is gone. */
const CLOUD_NODE_MONITOR_MILLISECONDS = 5_000;

interface Parts {
  readonly server: Server;
  readonly cluster: Cluster;
  readonly world: World;
  readonly listing: Listing;
  readonly faults: Faults;
  readonly log: AccessLog;
  readonly availability: AvailabilityCheck;
  readonly evictions: EvictionEntry[];
  readonly timeline: Timeline;
  readonly listeners: Set<(fact: Fact) => void>;
  readonly users: Map<string, User>;
  readonly adminToken: string;
  readonly certificates: ChangingCertificates;
}

type ChangingCertificates = Omit<Certificates, 'clientAuthority'> & { clientAuthority: CertifiedKey };

function assemble(options: PeerOptions, made: Certificates): Parts {
  const certificates: ChangingCertificates = { ...made };
  const { key, cert, clientAuthority } = made;
  const { clock, authenticate = () => Promise.resolve(undefined) } = options;
  const store = new ObjectStore(clock);
  const cluster = new Cluster(store, clock, { ...DEFAULT_LATENCIES, ...options.latencies });
  const listing = new Listing(store, clock);
  const faults = new Faults();
  const log = new AccessLog();
  const evictions: EvictionEntry[] = [];
  const adminToken = randomUUID();
  const users = new Map<string, User>([[adminToken, { username: ADMIN, groups: ['system:masters'] }]]);
  const timeline = new Timeline();
  const listeners = new Set<(fact: Fact) => void>();
  store.onChange((change) => {
    for (const fact of factsOf(change, clock.now())) {
      timeline.note(fact);
      for (const listener of listeners) listener(fact);
    }
  });
  const app = makeServer({
    store,
    clock,
    listing,
    faults,
    log,
    streamsLists: options.streamsLists ?? true,
    authenticators: {
      clientAuthority: () => certificates.clientAuthority.cert,
      review: async (bearer) => users.get(bearer) ?? (await authenticate(bearer)),
    },
    onEviction: (eviction) => evictions.push({ at: clock.now(), ...eviction }),
  });
  // A certificate is asked for and not required; one that nobody signed counts as none (authentication.ts).
  const clients = { requestCert: true, rejectUnauthorized: false, ca: clientAuthority.cert };
  const serverOptions = { key, cert, ...clients };
  const server = createAdaptorServer({ fetch: app.fetch, createServer, serverOptions }) as Server;
  server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;
  const availability = new AvailabilityCheck(store, () => clock.now());
  const world = new World(cluster);
  return {
    server,
    cluster,
    world,
    listing,
    faults,
    log,
    availability,
    evictions,
    timeline,
    listeners,
    users,
    adminToken,
    certificates,
  };
}
