/** The state of the cloud: projects, users, compute hosts, servers, and records of what was done with them. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { DrivenClock } from '../clock.ts';

export interface Project {
  readonly id: string;
  readonly name: string;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly password: string;
  /** Role names by project id. */
  readonly roles: Map<string, string[]>;
}

export interface ApplicationCredential {
  readonly id: string;
  readonly secret: string;
  readonly user: User;
  readonly project: Project;
  /** What its tokens may call; absent: all that its user may. `*` stands for one part of a path, `**` for the rest. */
  readonly rules?: readonly AccessRule[];
}

export interface AccessRule {
  readonly method: string;
  readonly path: string;
}

export interface Token {
  readonly id: string;
  readonly user: User;
  readonly project: Project;
  /** Driven epoch milliseconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly rules?: readonly AccessRule[];
}

export interface ComputeHost {
  /** Integer that old microversions show. */
  readonly number: number;
  readonly id: string;
  readonly name: string;
  status: 'enabled' | 'disabled';
  state: 'up' | 'down';
  reason: string | null;
  updatedAt: number;
}

export interface Server {
  readonly id: string;
  readonly name: string;
  readonly project: Project;
  readonly createdAt: number;
  host: string;
  /** Nova's vm_state, from which its status is made. */
  vm: 'active' | 'stopped' | 'paused' | 'suspended' | 'error' | 'resized' | 'building';
  task: string | null;
  fault?: string;
  /** How the vm was before a cold migration. */
  before?: Server['vm'];
  /** How many of its live migrations are still to fail, by rolling back. */
  failures: number;
  /** What happens to its live migrations: they work, are refused before they begin, or never end. */
  kind: 'good' | 'refused' | 'stuck';
}

export interface MigrationRecord {
  readonly id: number;
  readonly uuid: string;
  readonly server: string;
  readonly source: string;
  readonly type: 'live-migration' | 'migration';
  destination: string | null;
  status: string;
  readonly createdAt: number;
  updatedAt: number;
}

/** What was asked of a server, as the instance actions show it. */
export interface ActionRecord {
  readonly server: string;
  readonly action: string;
  readonly request: string;
  readonly startedAt: number;
  updatedAt: number;
  message: 'Error' | null;
  readonly events: { event: string; result: string; details: string | null; at: number; host: string | null }[];
}

export class CloudState {
  readonly clock: DrivenClock;
  readonly projects: Project[] = [];
  readonly users: User[] = [];
  readonly credentials: ApplicationCredential[] = [];
  readonly tokens = new Map<string, Token>();
  readonly hosts: ComputeHost[] = [];
  readonly servers = new Map<string, Server>();
  readonly migrations: MigrationRecord[] = [];
  readonly actions: ActionRecord[] = [];
  /** How long a token is valid, seconds. */
  tokenSeconds = 86_400;

  constructor(clock: DrivenClock) {
    this.clock = clock;
  }

  project(name: string): Project {
    const found = this.projects.find((project) => project.name === name);
    if (found !== undefined) return found;
    const made = { id: hexId(), name };
    this.projects.push(made);
    return made;
  }

  addUser(name: string, password: string, roles: Readonly<Record<string, readonly string[]>>): User {
    const user: User = { id: hexId(), name, password, roles: new Map() };
    for (const [project, names] of Object.entries(roles)) user.roles.set(this.project(project).id, [...names]);
    this.users.push(user);
    return user;
  }

  addCredential(user: User, project: Project, rules?: readonly AccessRule[]): ApplicationCredential {
    const made = { id: hexId(), secret: randomBytes(48).toString('base64url'), user, project, ...(rules && { rules }) };
    this.credentials.push(made);
    return made;
  }

  issue(user: User, project: Project, rules?: readonly AccessRule[]): Token {
    const issuedAt = this.clock.now();
    const token = {
      id: `gAAAAA${randomBytes(90).toString('base64url')}`,
      user,
      project,
      issuedAt,
      expiresAt: issuedAt + this.tokenSeconds * 1000,
      ...(rules && { rules }),
    };
    this.tokens.set(token.id, token);
    return token;
  }

  addHost(name: string): ComputeHost {
    const host: ComputeHost = {
      number: this.hosts.length + 4,
      id: randomUUID(),
      name,
      status: 'enabled',
      state: 'up',
      reason: null,
      updatedAt: this.clock.now(),
    };
    this.hosts.push(host);
    return host;
  }

  host(name: string): ComputeHost | undefined {
    return this.hosts.find((host) => host.name === name);
  }

  addServer(name: string, facts: { project: Project; host: string } & Partial<Server>): Server {
    const server: Server = {
      id: randomUUID(),
      name,
      createdAt: this.clock.now(),
      vm: 'active',
      task: null,
      failures: 0,
      kind: 'good',
      ...facts,
    };
    this.servers.set(server.id, server);
    return server;
  }

  /** The newest migration of a server. */
  migrationOf(server: string): MigrationRecord | undefined {
    return this.migrations.findLast((migration) => migration.server === server);
  }
}

/** Nova's status, made of vm_state and task_state. */
export function statusOf({ vm, task }: Pick<Server, 'vm' | 'task'>): string {
  if (vm === 'error') return 'ERROR';
  if (vm === 'resized') return 'VERIFY_RESIZE';
  if (vm === 'building') return 'BUILD';
  if (task === 'migrating') return 'MIGRATING';
  if (task?.startsWith('resize_') === true) return 'RESIZE';
  return { active: 'ACTIVE', stopped: 'SHUTOFF', paused: 'PAUSED', suspended: 'SUSPENDED' }[vm];
}

function hexId(): string {
  return randomUUID().replaceAll('-', '');
}
