/** The name of a durable execution, from its ARN: `…:function:NAME:VERSION/durable-execution/EXECUTION/ID`. */
export function executionNameOf(arn: string): string {
  return /\/durable-execution\/([^/]+)/.exec(arn)?.[1] ?? arn;
}
