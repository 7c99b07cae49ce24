/** Options of `ebb evacuate`, and the request that they make. */
import type { Command } from 'commander';

/** As commander has read them. */
export interface EvacuationOptions {
  readonly local?: true;
  readonly function?: string;
  readonly cluster?: string;
  readonly node?: true;
  readonly timeout?: string;
  readonly credentials?: string;
  readonly cloud?: string;
  readonly hosts?: string;
  readonly allowHttp?: true;
  readonly ca?: string;
  readonly json?: true;
}

export function addEvacuationOptions(command: Command): Command {
  return command
    .argument('<HOST>', 'the compute host, as Nova names it')
    .option('--timeout <SECONDS>', 'how long it may take (default: that of the cluster, or 1800)')
    .option('--json', 'print a line of JSON for the result; with --local for each event too')
    .optionsGroup('By the function in AWS:')
    .option('--function <ARN>', 'the evacuation function: output EvacuationFunction of the stack')
    .option('--cluster <NAME>', 'the cluster whose field openstack names the cloud')
    .option('--node', 'HOST is the name of a node')
    .optionsGroup('On this machine:')
    .option('--local', 'run here, with your own credentials of OpenStack')
    .option('--credentials <FILE>', 'a clouds.yaml, or nova-kubernetes-drain’s config.yaml (default: variables OS_…)')
    .option('--cloud <NAME>', 'which cloud of the clouds.yaml (default: the only one)')
    .option('--hosts <HOSTS>', 'hosts that may be talked to, with commas (default: that of Keystone’s address)')
    .option('--allow-http', 'take endpoints without TLS')
    .option('--ca <FILE>', 'certificate authority of the endpoints, as PEM');
}

/** The options that only one of the two ways has. */
const OF_FUNCTION = ['function', 'cluster', 'node'] as const;
const OF_MACHINE = ['credentials', 'cloud', 'hosts', 'allowHttp', 'ca'] as const;

/** Every fault of the options, each with what to do. */
export function faultsOfEvacuation(options: EvacuationOptions): string[] {
  const foreign = options.local ? OF_FUNCTION : OF_MACHINE;
  const where = options.local ? 'without --local' : 'with --local';
  return [
    ...foreign.flatMap((name) => (options[name] === undefined ? [] : [`--${dashed(name)} is taken ${where} only`])),
    ...(options.local || options.function ? [] : ['--function is missing, or --local: say who evacuates']),
    ...(options.local || options.cluster ? [] : ['--cluster must be the name of the cluster, such as production']),
  ];
}

/** The request's fields; faults of their values are found by its own schema. */
export function evacuationFields(host: string, { cluster = 'local', node, timeout }: EvacuationOptions): object {
  return {
    cluster,
    ...(node ? { node: host } : { host }),
    ...(timeout !== undefined && { timeoutSeconds: Number(timeout) }),
  };
}

/** The option that a field of the request came from, for its faults. */
const OPTIONS: Readonly<Record<string, string>> = {
  cluster: '--cluster',
  host: 'HOST',
  node: 'HOST',
  timeoutSeconds: '--timeout',
};

export function inOptions(fault: string): string {
  const [field = ''] = fault.split(':');
  return `${OPTIONS[field] ?? field}${fault.slice(field.length)}`;
}

function dashed(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
