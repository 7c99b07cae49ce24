/** What the OpenStack cases are run against: the peer, or a real Keystone and Nova. */
import type { Cloud } from '../../../lambdas/workflow/ports/openstack.ts';
import type { Time } from '../subject.ts';

/** Who asks. `plain` has the role member in the tenant `tenant-b`. */
export type Who = 'admin' | 'plain';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** JSON, or the text where it is none. */
  readonly body: unknown;
}

export interface Request {
  readonly method?: string;
  readonly body?: object;
  /** @default 2.65; empty: no header */
  readonly version?: string;
  /** @default admin */
  readonly who?: Who;
  /** In place of a token of `who`. */
  readonly token?: string;
}

export interface Seed {
  /** Which hosts there are: guests begin on the first. @default the first */
  readonly host?: string;
  /** @default admin */
  readonly tenant?: 'admin' | 'tenant-b';
  /** @default ACTIVE */
  readonly status?: 'ACTIVE' | 'SHUTOFF' | 'PAUSED' | 'SUSPENDED' | 'ERROR';
}

/** Names that begin so say how live migrations of a guest go: they work, are refused, roll back always or once, never end. */
export type Kind = 'vm' | 'nolive' | 'fail' | 'once' | 'stuck';

export interface OpenStackSubject extends Time {
  readonly name: string;
  /** Two compute hosts, of which each migrates one guest at a time. */
  readonly hosts: readonly [string, string];
  /** Asks Keystone. @param path below the address of version 3 */
  keystone(path: string, request?: Request): Promise<Reply>;
  /** Asks Nova. @param path below its endpoint */
  nova(path: string, request?: Request): Promise<Reply>;
  /** The body of a login that works, to be changed. */
  readonly login: () => {
    auth: {
      identity: { methods: string[]; password: { user: { name: string; domain: { id: string }; password: unknown } } };
      scope: { project: { name: string; domain: { id: string } } };
    };
  };
  /** Makes an application credential of the administrator's. @param rules what its tokens may call @default all */
  credential(rules?: readonly { method: string; path: string }[]): Promise<{ id: string; secret: string }>;
  /** Makes a guest and waits until it is as asked for. @returns its id */
  seed(kind: Kind, seed?: Seed): Promise<string>;
  /** Deletes all guests and enables both services. */
  clear(): Promise<void>;
  /** Ebb's own client. */
  readonly cloud: Cloud;
  stop(): Promise<void>;
}
