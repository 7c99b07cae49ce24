/** The one account and region that the peer plays, and the ARNs in it. */
export interface Account {
  readonly accountId: string;
  readonly region: string;
}

/** `arn:aws:<service>:<region>:<account>:<resource>`. */
export function arn(account: Account, service: string, resource: string): string {
  return `arn:aws:${service}:${account.region}:${account.accountId}:${resource}`;
}

export function roleArn(account: Account, roleName: string): string {
  return `arn:aws:iam::${account.accountId}:role/${roleName}`;
}

/** A random lower-case hexadecimal string, as AWS ids end in. */
export function randomHex(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(Math.ceil(length / 2)));
  return Buffer.from(bytes).toString('hex').slice(0, length);
}
