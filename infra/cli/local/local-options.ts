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
    .option('--local', 'run here, with your own credentials')
    .option('--kubeconfig <FILE>', 'kubeconfig of the cluster (default: $KUBECONFIG or ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig (default: its current one)')
    .option('--region <REGION>', 'region of the groups (default: AWS_REGION, or the profile’s)')
    .option('--config <FILE>', 'configuration file with the cluster (default: context.ebb of cdk.json)')
    .option('--json', 'print a line of JSON for each event, and one for the result');
}

/** Ends with wrong usage unless --local is there. */
export function needLocal(command: Command): Command {
  return command.hook('preAction', () => {
    if (command.opts<LocalOptions>().local !== true)
      command.error(`error: --local is missing: ${command.name()} does not ask deployed functions yet`);
  });
}
