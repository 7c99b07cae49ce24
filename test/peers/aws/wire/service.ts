/** What a service of the peer is: how its requests are told apart, and its operations. */
import type { z } from 'zod';
import type { Resource } from '../iam/authorization.ts';
import { AwsError } from './aws-error.ts';
import type { Answer, Protocol } from './answer.ts';
import type { Call, WireRequest } from './request.ts';

/** The action of a request and its parameters, before they are checked. */
export interface Route {
  readonly action: string;
  readonly parameters: unknown;
}

export interface Service {
  /** The service's name in the SigV4 credential scope. */
  readonly scope: string;
  /** The prefix of its actions in IAM policies. */
  readonly iamPrefix: string;
  readonly protocol: Protocol;
  readonly namespace?: string;
  /** The error code for a parameter that does not validate. */
  readonly invalidCode: string;
  /** The error code for an action that IAM does not allow. */
  readonly deniedCode: string;
  readonly operations: Readonly<Record<string, Operation>>;
  /** Counts the call against the service's rate limits. @throws AwsError when one is exceeded. */
  readonly admit?: (action: string) => void;
  /** Undefined when the request is none of this service's. */
  route(request: WireRequest): Route | undefined;
}

/** A checked call: which resources it touches, for IAM, and how to do it. */
export interface PreparedCall {
  readonly iamAction: string | undefined;
  readonly resources: readonly Resource[];
  run(): Answer | Promise<Answer>;
}

export interface Operation {
  prepare(call: Call, invalidCode: string): PreparedCall;
}

interface Plan<T> {
  readonly input: z.ZodType<T>;
  /** What IAM policies must allow; default any resource (`*`). */
  readonly resources?: (input: T) => readonly Resource[];
  /** The action's name in IAM when it differs; null when the action needs no permission. */
  readonly iamAction?: string | null;
  readonly answer: (input: T, call: Call) => Answer | Promise<Answer>;
}

/** Makes an operation that checks its parameters by a schema before anything else. */
export function operation<T>(plan: Plan<T>): Operation {
  return {
    prepare(call, invalidCode) {
      const input = check(plan.input, call.parameters, invalidCode);
      return {
        iamAction: plan.iamAction === null ? undefined : (plan.iamAction ?? call.action),
        resources: plan.resources?.(input) ?? [{ arn: '*' }],
        run: () => plan.answer(input, call),
      };
    },
  };
}

function check<T>(schema: z.ZodType<T>, parameters: unknown, invalidCode: string): T {
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `Value at '${issue.path.join('.')}' failed: ${issue.message}`);
  throw new AwsError(invalidCode, `${faults.length} validation error(s) detected: ${faults.join('; ')}`);
}
