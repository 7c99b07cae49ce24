/** What a Lambda function of the peer is. */
import { arn, type Account } from '../account.ts';
import type { Credentials } from '../iam/credentials.ts';

export interface DurableConfig {
  /** Seconds that one execution may take in all. */
  readonly executionTimeout: number;
  /** Days that a closed execution keeps its name. Default 14. */
  readonly retentionPeriodInDays?: number;
}

export interface FunctionPlan {
  readonly name: string;
  /** The folder that holds the code, as it would be in the deployment package. */
  readonly directory: string;
  /** Default `index.handler`. */
  readonly handler?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Seconds. Default 3, as Lambda's. */
  readonly timeout?: number;
  /** MB. Default 128, as Lambda's. */
  readonly memorySize?: number;
  readonly durable?: DurableConfig;
  /** The ARN of a queue. */
  readonly deadLetterArn?: string;
  /** The role whose policies bind its calls; default: none, everything allowed. */
  readonly roleArn?: string;
}

export interface LambdaFunction extends FunctionPlan {
  readonly arn: string;
  readonly handler: string;
  readonly timeout: number;
  readonly memorySize: number;
  readonly credentials: Credentials;
  /** Alias name to version. */
  readonly aliases: Map<string, string>;
  /** Published versions; `$LATEST` is not among them. */
  readonly versions: Set<string>;
  /** Retries of asynchronous invocations, by qualifier (`$LATEST` for none). Default 2. */
  readonly retryAttempts: Map<string, number>;
  /** Who may invoke it beside IAM identities, by qualifier; undefined: not checked. */
  permissions: Permission[] | undefined;
}

export interface Permission {
  readonly qualifier: string | undefined;
  /** A service, an account, an ARN, or `*` for anyone. */
  readonly principal: string;
  /** Such as `lambda:InvokeFunction`. */
  readonly action: string;
  readonly sourceArn?: string | undefined;
  /** Only for a function URL that authenticates so. */
  readonly functionUrlAuthType?: 'AWS_IAM' | 'NONE' | undefined;
  /** Only by way of a function URL, or only otherwise. */
  readonly invokedViaFunctionUrl?: boolean | undefined;
}

/** A function name as calls give it, taken apart. */
export interface FunctionReference {
  readonly name: string;
  readonly qualifier: string | undefined;
}

/** Reads a name, a name with qualifier, or a full or partial ARN. */
export function parseFunctionReference(text: string, qualifier?: string): FunctionReference {
  const [, tail = text] = /(?:^|:)function:(.+)$/.exec(text) ?? [];
  const [name = '', own] = tail.split(':');
  return { name, qualifier: own ?? qualifier };
}

export function functionArn(account: Account, reference: FunctionReference): string {
  const suffix = reference.qualifier === undefined ? '' : `:${reference.qualifier}`;
  return arn(account, 'lambda', `function:${reference.name}${suffix}`);
}

/** The version that a version or alias stands for; undefined when the function has none of that name. */
export function versionOf(fn: LambdaFunction, qualifier: string): string | undefined {
  if (qualifier === '$LATEST') return qualifier;
  return fn.versions.has(qualifier) ? qualifier : fn.aliases.get(qualifier);
}
