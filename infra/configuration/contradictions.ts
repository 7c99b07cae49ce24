/**
 * Finds fields that are right alone and wrong together: repeated names, taints that would be confused, times that
 * cannot be kept. Each field is read as it was written, whatever is wrong elsewhere, so that no fault hides another.
 */
import { drainKeys } from '../../lambdas/core/node/drain-taints.ts';
import { DRAIN_SECONDS, HEARTBEAT_SECONDS } from '../../lambdas/core/settings/cluster-settings.ts';
import { TAINT_KEYS } from '../../lambdas/core/settings/taint-fields.ts';
import { fieldName, type Fault } from './fault.ts';
import { fieldAt, isText, listAt, numberAt, type Path } from './written.ts';

/** @param written the whole configuration */
export function contradictions(written: unknown): Fault[] {
  const clusters = listAt(written, ['clusters']);
  return [
    ...faultsOfNames(clusters),
    ...clusters.flatMap((cluster, index) => [
      ...faultsOfNamesInEks(cluster, ['clusters', index]),
      ...faultsOfTaints(cluster, ['clusters', index]),
      ...faultsOfTimes(cluster, ['clusters', index]),
    ]),
    ...faultsOfVpc(written),
    ...faultsOfEndpoint(written),
    ...faultsOfOperator(written),
    ...faultsOfAlarms(written),
  ];
}

/** Finds repeated names. A group has one hook, and so belongs to one cluster. */
function faultsOfNames(clusters: readonly unknown[]): Fault[] {
  const named = clusters.map((cluster, index) => nameAt(cluster, ['clusters', index]));
  const groups = clusters.flatMap((cluster, index) =>
    listAt(cluster, ['groups']).map((group, place) => nameAt(group, ['clusters', index, 'groups', place])),
  );
  return [
    ...repeated(named, (first) => `stands there twice, first as ${first}: merge the two clusters`),
    ...repeated(groups, (first) => `stands there twice, first as ${first}: a group belongs to one cluster`),
  ];
}

/** Finds names that no EKS cluster has. Those of kops have dots, and need `access`. */
function faultsOfNamesInEks(cluster: unknown, path: Path): Fault[] {
  const name = fieldAt(cluster, ['name']);
  if (!isText(name) || !name.includes('.') || fieldAt(cluster, ['access']) !== undefined) return [];
  const words = `${name} is no name of an EKS cluster: leave the dots out, or say by access how the cluster is reached`;
  return [{ path: [...path, 'name'], words }];
}

interface Named {
  readonly path: Path;
  readonly name: unknown;
}

function nameAt(value: unknown, path: Path): Named {
  return { path: [...path, 'name'], name: fieldAt(value, ['name']) };
}

function repeated(all: readonly Named[], words: (first: string) => string): Fault[] {
  return all.flatMap(({ path, name }, index) => {
    const first = all.findIndex((other) => other.name === name);
    if (!isText(name) || first === index) return [];
    return [{ path, words: `${name} ${words(fieldName(all[first]?.path ?? []))}` }];
  });
}

/** Finds taint keys with two meanings: an isolated, drifted or restored node would be drained for its marks. */
function faultsOfTaints(cluster: unknown, path: Path): Fault[] {
  const isolates = keyAt(cluster, ['taint', 'key'], TAINT_KEYS.retiring);
  const marks = keyAt(cluster, ['drift', 'taint', 'key'], TAINT_KEYS.drifted);
  const drains = keyAt(cluster, ['drift', 'drainTaint', 'key'], TAINT_KEYS.drain);
  const own = listAt(cluster, ['tainted', 'taints']).map((taint) => fieldAt(taint, ['key']));
  const taints = own.filter(isText).map((key) => ({ key }));
  const drained = new Set(drainKeys({ drift: { drainTaint: { key: drains } }, tainted: { taints } }));
  const ofDrain = (key: string, field: Path): Fault[] =>
    drained.has(key)
      ? [{ path: [...path, ...field], words: `must not be the key of a drain taint, as ${key} is` }]
      : [];
  return [
    ...ofDrain(isolates, ['taint', 'key']),
    ...ofDrain(marks, ['drift', 'taint', 'key']),
    ...(isolates === marks
      ? [{ path: [...path, 'drift', 'taint', 'key'], words: 'must not be the key of the taint that isolates' }]
      : []),
    ...faultsOfDrainKeys(own, drains, [...path, 'tainted', 'taints']),
  ];
}

/** Returns the key, or the default. A key that is no text is another fault. */
function keyAt(cluster: unknown, path: Path, otherwise: string): string {
  const key = fieldAt(cluster, path);
  return isText(key) ? key : otherwise;
}

/** Taint keys of Kubernetes, for nodes that are cordoned, not Ready or short of something: no reason to drain. */
const KUBERNETES_KEYS = /^node(\.cloudprovider)?\.kubernetes\.io\//;

function faultsOfDrainKeys(keys: readonly unknown[], own: string, path: Path): Fault[] {
  return keys.flatMap((key, index) => {
    if (!isText(key)) return [];
    const fault = (words: string): Fault[] => [{ path: [...path, index, 'key'], words }];
    if (KUBERNETES_KEYS.test(key)) return fault(`must not be a key that Kubernetes sets itself, as ${key} is`);
    if (key === own) return fault('must not be drift.drainTaint.key, which is drained already');
    const first = keys.indexOf(key);
    return first === index ? [] : fault(`${key} stands there twice, first as taints[${first}]`);
  });
}

/** Heartbeat timeouts after which AWS ends a hook, despite heartbeats (contract 5.1). */
const MOST_HEARTBEATS = 100;

/** Finds heartbeat timeouts that would cut a drain short. A group with `wait` has no drain timeout of its own. */
function faultsOfTimes(cluster: unknown, path: Path): Fault[] {
  const ofCluster = numberAt(cluster, ['drain', 'timeoutSeconds'], DRAIN_SECONDS.default);
  const policy = fieldAt(cluster, ['drain', 'atDeadline']);
  return listAt(cluster, ['groups']).flatMap((group, index): Fault[] => {
    const heartbeat = numberAt(group, ['heartbeatTimeoutSeconds'], HEARTBEAT_SECONDS.default);
    const own = fieldAt(group, ['drainTimeoutSeconds']);
    const timeout = own === undefined ? ofCluster : numberAt(group, ['drainTimeoutSeconds']);
    // A value that is out of bounds is another fault.
    if (!isWithin(heartbeat, HEARTBEAT_SECONDS) || !isWithin(timeout, DRAIN_SECONDS)) return [];
    if ((fieldAt(group, ['atDeadline']) ?? policy) === 'wait' || heartbeat * MOST_HEARTBEATS >= timeout) return [];
    const at: Path = [...path, 'groups', index];
    const given = fieldName(own === undefined ? [...path, 'drain', 'timeoutSeconds'] : [...at, 'drainTimeoutSeconds']);
    const words = [
      `${heartbeat} is too little for ${given}, which is ${timeout}:`,
      `AWS ends a hook after ${MOST_HEARTBEATS} heartbeat timeouts, here ${heartbeat * MOST_HEARTBEATS} s.`,
      `It must be at least ${Math.ceil(timeout / MOST_HEARTBEATS)}, or the drain timeout smaller`,
    ];
    return [{ path: [...at, 'heartbeatTimeoutSeconds'], words: words.join(' ') }];
  });
}

function faultsOfVpc(written: unknown): Fault[] {
  const [zones, subnets] = [
    listAt(written, ['vpc', 'availabilityZones']),
    listAt(written, ['vpc', 'privateSubnetIds']),
  ];
  const both = zones.length > 0 && subnets.length > 0;
  const unequal = both && zones.length !== subnets.length;
  return [
    ...(unequal
      ? [
          {
            path: ['vpc', 'availabilityZones'],
            words: `must name the zone of each of the ${subnets.length} private subnets, in the same order (given: ${zones.length})`,
          },
        ]
      : []),
    ...['privateSubnetIds', 'securityGroupIds'].flatMap((field) => repeatedIds(written, ['vpc', field])),
  ];
}

function repeatedIds(written: unknown, path: Path): Fault[] {
  const ids = listAt(written, path);
  return ids.flatMap((id, index) =>
    isText(id) && ids.indexOf(id) !== index ? [{ path: [...path, index], words: `${id} stands there twice` }] : [],
  );
}

function faultsOfEndpoint(written: unknown): Fault[] {
  const secrets = ['secretName', 'secretArn'].filter((field) => fieldAt(written, ['endpoint', field]) !== undefined);
  return secrets.length < 2 ? [] : [{ path: ['endpoint'], words: 'must have secretName or secretArn, not both' }];
}

function faultsOfOperator(written: unknown): Fault[] {
  const isAlone = fieldAt(written, ['operator']) !== undefined && fieldAt(written, ['rotation']) !== true;
  const words = 'needs "rotation": true beside it, which gives the rights to replace nodes';
  return isAlone ? [{ path: ['operator'], words }] : [];
}

function faultsOfAlarms(written: unknown): Fault[] {
  if (fieldAt(written, ['alarms']) === undefined) return [];
  const ways = ['topicArn', 'email'].filter((field) => fieldAt(written, ['alarms', field]) !== undefined);
  const words = `must have topicArn or email, ${ways.length === 0 ? 'and has neither' : 'not both'}`;
  return ways.length === 1 ? [] : [{ path: ['alarms'], words }];
}

function isWithin(value: number | undefined, { least, most }: { least: number; most: number }): value is number {
  return value !== undefined && value >= least && value <= most;
}
