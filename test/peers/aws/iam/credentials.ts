/** The made-up credentials that the peer knows, and whose they are. */
import { randomHex } from '../account.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** Who a set of credentials belongs to. */
export interface Caller {
  readonly arn: string;
  readonly accountId: string;
  readonly userId: string;
  readonly accessKeyId: string;
  /** The role whose policies bind the caller; undefined: an administrator, who may do everything. */
  readonly roleArn: string | undefined;
  /** The function whose credentials these are. */
  readonly functionName: string | undefined;
}

export interface KnownCredentials {
  readonly credentials: Credentials;
  readonly caller: Caller;
}

export class CredentialStore {
  readonly #known = new Map<string, KnownCredentials>();

  /** Issues new credentials for whom `caller` describes. */
  issue(caller: Omit<Caller, 'accessKeyId'>): KnownCredentials {
    const accessKeyId = `ASIA${randomHex(16).toUpperCase()}`;
    const known: KnownCredentials = {
      credentials: { accessKeyId, secretAccessKey: randomHex(40), sessionToken: `peer-${randomHex(64)}` },
      caller: { ...caller, accessKeyId },
    };
    this.#known.set(accessKeyId, known);
    return known;
  }

  find(accessKeyId: string): KnownCredentials | undefined {
    return this.#known.get(accessKeyId);
  }
}
