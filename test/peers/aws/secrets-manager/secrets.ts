/** The secrets of Secrets Manager, each with its versions: only what reads of the current one can tell. */
import { arn, randomHex, type Account } from '../account.ts';

export interface Secret {
  readonly name: string;
  /** With the hyphen and six characters that Secrets Manager adds to the name. */
  readonly arn: string;
  /** Undefined: it has no value yet. */
  readonly text?: string;
  readonly version: string;
  /** Whether somebody has deleted it: for a time it may be restored, and cannot be read. */
  readonly markedForDeletion: boolean;
}

export class Secrets {
  readonly #all = new Map<string, Secret>();
  readonly #account: Account;

  constructor(parts: { account: Account }) {
    this.#account = parts.account;
  }

  /** Makes a secret, or gives it a new current version; answers its ARN. @param text absent: it has no value */
  put(name: string, text?: string): string {
    const known = this.#all.get(name);
    const secretArn = known?.arn ?? arn(this.#account, 'secretsmanager', `secret:${name}-${randomHex(6)}`);
    const version = crypto.randomUUID();
    const value = text === undefined ? {} : { text };
    this.#all.set(name, { name, arn: secretArn, version, markedForDeletion: false, ...value });
    return secretArn;
  }

  /** Schedules the deletion. */
  delete(name: string): void {
    const secret = this.#all.get(name);
    if (secret !== undefined) this.#all.set(name, { ...secret, markedForDeletion: true });
  }

  /** Deletes it at once. */
  remove(name: string): void {
    this.#all.delete(name);
  }

  /** @param id a name, or an ARN with or without its last six characters */
  find(id: string): Secret | undefined {
    return this.#all.get(nameIn(id)) ?? [...this.#all.values()].find((secret) => secret.arn === id);
  }

  /** The ARN that policies are compared with; that of a secret that there is not has no last six characters. */
  arnOf(id: string): string {
    return this.find(id)?.arn ?? arn(this.#account, 'secretsmanager', `secret:${nameIn(id)}`);
  }
}

function nameIn(id: string): string {
  return /^arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:(.+)$/.exec(id)?.[1] ?? id;
}
