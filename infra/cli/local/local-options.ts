/** Options of the commands that run in this process: where the cluster and AWS are, and as whom they are called. */
import type { Command } from 'commander';

/** As commander has read them, beside those of the request. */
export interface LocalOptions extends Readonly<Record<string, unknown>> {
  readonly local?: true;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly region?: string;
  readonly config?: string;
  readonly since?: string;
  readonly json?: true;
}

export function addLocalOptions(command: Command): Command {
  return command
    .option('--local', 'run here, with your own credentials, and ask no function')
    .option('--kubeconfig <FILE>', 'with --local: the kubeconfig (default: $KUBECONFIG or ~/.kube/config)')
    .option('--context <NAME>', 'with --local: context of the kubeconfig (default: its current one)')
    .option('--region <REGION>', 'region of groups and functions (default: AWS_REGION, or the profile’s)')
    .option('--config <FILE>', 'with --local: configuration file (default: context.ebb of cdk.json)')
    .option('--json', 'print a line of JSON for each event or change, and for the result');
}
