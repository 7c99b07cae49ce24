/** The adapters on an AWS peer, with this thread on the peer's clock. */
import { DrivenClock } from '../../peers/clock.ts';
import type { Credentials } from '../../peers/aws/iam/credentials.ts';
import { AwsPeer } from '../../peers/aws/peer.ts';

export class AwsGiven implements AsyncDisposable {
  readonly aws: AwsPeer;
  readonly clock: DrivenClock;
  readonly #uninstall: () => void;

  private constructor(aws: AwsPeer, uninstall: () => void) {
    this.aws = aws;
    this.clock = aws.clock;
    this.#uninstall = uninstall;
  }

  static async start(): Promise<AwsGiven> {
    const clock = new DrivenClock({ stands: true });
    return new AwsGiven(await AwsPeer.start({ clock }), clock.install());
  }

  /** Credentials of a function whose role may do no more than `actions`, on everything. */
  credentialsFor(...actions: readonly string[]): Credentials {
    const roleArn = 'arn:aws:iam::123456789012:role/limited';
    const statement = { Effect: 'Allow', Action: actions, Resource: '*' };
    const policies = actions.length === 0 ? [] : [{ Version: '2012-10-17', Statement: [statement] }];
    this.aws.authorization.addRole(roleArn, { policies });
    return this.aws.lambda.addFunction({ name: 'limited', directory: '/nowhere', roleArn }).credentials;
  }

  /** How often an action was asked for. */
  count(action: string): number {
    return this.aws.requests.filter((request) => request.action === action).length;
  }

  /** Lets driven time pass until `work` has ended: the SDK's pauses between tries. */
  during<T>(work: Promise<T>): Promise<T> {
    return this.aws.driveUntil(work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.aws.stop();
    this.#uninstall();
  }
}
