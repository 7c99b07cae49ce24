/**
 * Options of rotations and of one node's retirement: Ebb's names, and those of mattermost/rotator for the same fields.
 * read-rotation-options.ts reads them into the fields of the request.
 */
import { Option, type Command } from 'commander';

/** A field of a request, and the options that set it. */
export interface FieldOption {
  readonly field: string;
  readonly kind: 'text' | 'number' | 'list' | 'switch';
  readonly flags: string;
  readonly description: string;
  /** The option of rotator that sets the same. */
  readonly rotator?: string;
}

const CLUSTER: FieldOption = {
  field: 'cluster',
  kind: 'text',
  flags: '--cluster <NAME>',
  description: 'name of the cluster',
};

const RETRIES: FieldOption = {
  field: 'maxDrainRetries',
  kind: 'number',
  flags: '--max-drain-retries <N>',
  description: 'tries of a drain after its first ten minutes (default: 10)',
};

const FORCE: FieldOption = {
  field: 'force',
  kind: 'switch',
  flags: '--force',
  description: 'delete pods past their budgets when the time for a drain is up',
};

const EVICTION_PAUSE: FieldOption = {
  field: 'pauseBetweenEvictions',
  kind: 'number',
  flags: '--pause-between-evictions <S>',
  description: 'seconds before each eviction (default: 0)',
  rotator: '--wait-between-pod-evictions <S>',
};

export const ROTATION_OPTIONS: readonly FieldOption[] = [
  CLUSTER,
  { field: 'groups', kind: 'list', flags: '--groups <A,B>', description: 'only these groups (default: all)' },
  {
    field: 'only',
    kind: 'text',
    flags: '--only <WHICH>',
    description: 'drifted: only nodes that are out of date (default: all)',
  },
  {
    field: 'maxSurge',
    kind: 'number',
    flags: '--max-surge <N>',
    description: 'nodes of a group that are replaced at once (default: 1)',
    rotator: '--max-scaling <N>',
  },
  {
    field: 'rotateControlPlane',
    kind: 'switch',
    flags: '--rotate-control-plane',
    description: 'the groups of the control plane too, before the workers',
  },
  {
    field: 'rotateWorkers',
    kind: 'switch',
    flags: '--rotate-workers [BOOLEAN]',
    description: 'the groups of workers (default: true)',
  },
  RETRIES,
  {
    field: 'gracePeriod',
    kind: 'number',
    flags: '--grace-period <S>',
    description: "grace period of all pods, seconds (default: each pod's own)",
    rotator: '--evict-grace-period <S>',
  },
  {
    field: 'pauseBetweenBatches',
    kind: 'number',
    flags: '--pause-between-batches <S>',
    description: 'seconds after a batch (default: 60)',
    rotator: '--wait-between-rotations <S>',
  },
  {
    field: 'pauseBetweenDrains',
    kind: 'number',
    flags: '--pause-between-drains <S>',
    description: 'seconds between the drains of a batch (default: 60)',
    rotator: '--wait-between-drains <S>',
  },
  EVICTION_PAUSE,
  {
    field: 'podsReadyTimeout',
    kind: 'number',
    flags: '--pods-ready-timeout <S>',
    description: 'seconds for pods to be Ready elsewhere; 0: no wait (default: 900)',
  },
  {
    field: 'alarmNames',
    kind: 'list',
    flags: '--alarm-names <A,B>',
    description: 'CloudWatch alarms; nothing more begins while one is in ALARM',
  },
  {
    field: 'maxFailures',
    kind: 'number',
    flags: '--max-failures <N>',
    description: 'nodes that cannot be replaced, at which it ends (default: 1)',
  },
  FORCE,
  { field: 'dryRun', kind: 'switch', flags: '--dry-run', description: 'only tell what would be done' },
];

/** Rotator's switch for the control plane has a meaning of its own: without its switch for workers, these stay. */
const ROTATE_MASTERS = '--rotate-masters [BOOLEAN]';
const NO_WORKERS = '--no-rotate-workers';

export const RETIREMENT_OPTIONS: readonly FieldOption[] = [
  CLUSTER,
  { field: 'node', kind: 'text', flags: '--node <NODE>', description: 'name of the node' },
  {
    field: 'instance',
    kind: 'text',
    flags: '--instance <ID>',
    description: 'id of its instance, in place of the name',
  },
  {
    field: 'detach',
    kind: 'switch',
    flags: '--detach',
    description: 'replace it first: its group lets the instance go',
    rotator: '--detach-node [BOOLEAN]',
  },
  {
    field: 'terminate',
    kind: 'switch',
    flags: '--terminate',
    description: 'terminate the instance after the drain',
    rotator: '--terminate-node [BOOLEAN]',
  },
  RETRIES,
  {
    field: 'gracePeriod',
    kind: 'number',
    flags: '--grace-period <S>',
    description: "grace period of all pods, seconds (default: each pod's own)",
    rotator: '--evict-grace-period <S>',
  },
  EVICTION_PAUSE,
  FORCE,
];

export function addRotationOptions(command: Command): Command {
  addFieldOptions(command, ROTATION_OPTIONS);
  command.addOption(new Option(NO_WORKERS, 'leave the groups of workers alone'));
  return command.addOption(
    new Option(ROTATE_MASTERS, 'rotator: --rotate-control-plane, and no workers without --rotate-workers'),
  );
}

export function addRetirementOptions(command: Command): Command {
  return addFieldOptions(command, RETIREMENT_OPTIONS);
}

function addFieldOptions(command: Command, options: readonly FieldOption[]): Command {
  for (const { flags, description } of options) command.addOption(new Option(flags, description));
  for (const { flags, rotator } of options) {
    if (rotator !== undefined) command.addOption(new Option(rotator, `rotator: ${nameOf(flags)}`));
  }
  return command;
}

/** `--max-surge` of `--max-surge <N>`. */
export function nameOf(flags: string): string {
  return flags.split(' ')[0] ?? flags;
}

export function attributeOf(flags: string): string {
  return new Option(flags).attributeName();
}
