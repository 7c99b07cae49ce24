/**
 * The two requests of mattermost/rotator, with its names and defaults, as requests of Ebb (contract 10.5). Its names count
 * in any case, as Go reads JSON. A field that is unknown is a fault here, and ignored there. Pure.
 */
import * as z from 'zod/mini';
import { flag } from '../settings/fields.ts';
import { nodeRequestSchema } from './node-request.ts';
import { parseRequest, type Faulty } from '../settings/request-faults.ts';
import { rotationRequestSchema } from './rotation-request.ts';

const {
  def: { shape: ofRotation },
} = rotationRequestSchema;
const {
  def: { shape: ofNode },
} = nodeRequestSchema;

const gracePeriod = z._default(ofRotation.gracePeriod.def.innerType, 60);

/** The body of rotator's `POST /api/rotate`. Times are seconds. */
export const rotatorRotationSchema = z.strictObject(
  {
    clusterID: ofRotation.cluster,
    maxScaling: ofRotation.maxSurge,
    rotateMasters: z._default(flag(), false),
    rotateWorkers: z._default(flag(), false),
    maxDrainRetries: ofRotation.maxDrainRetries,
    evictGracePeriod: gracePeriod,
    waitBetweenRotations: ofRotation.pauseBetweenBatches,
    waitBetweenDrains: ofRotation.pauseBetweenDrains,
    waitBetweenPodEvictions: ofRotation.pauseBetweenEvictions,
  },
  'must be a JSON object such as {"clusterID": "production", "rotateWorkers": true}',
);

/** The body of rotator's `POST /api/drain`. */
export const rotatorDrainSchema = z.strictObject(
  {
    nodeName: ofNode.node.def.innerType,
    gracePeriod,
    maxDrainRetries: ofNode.maxDrainRetries,
    waitBetweenPodEvictions: z._default(ofRotation.pauseBetweenEvictions.def.innerType, 2),
    detachNode: z._default(flag(), false),
    terminateNode: z._default(flag(), false),
    clusterID: ofNode.cluster,
  },
  'must be a JSON object such as {"nodeName": "ip-10-0-1-23.ec2.internal"}',
);

/**
 * What rotator answers: the request with its defaults. Its structs have no JSON names, so that Go writes those of their
 * fields: ClusterID, MaxScaling, ...
 */
export const rotatorRotationEchoSchema = echoOf(rotatorRotationSchema);
export const rotatorDrainEchoSchema = echoOf(rotatorDrainSchema);

function echoOf({ def: { shape } }: z.ZodMiniObject): z.ZodMiniObject {
  return z.strictObject(Object.fromEntries(Object.entries(shape).map(([name, field]) => [capitalised(name), field])));
}

/** A request of rotator, and what Ebb makes of it. */
export interface Translated {
  /** In Ebb's names. */
  readonly request: Readonly<Record<string, unknown>>;
  /** The request with its defaults, in the names in which rotator echoes it. */
  readonly echo: Readonly<Record<string, unknown>>;
}

export function translateRotation(given: unknown): Translated | Faulty {
  const parsed = parseRequest(rotatorRotationSchema, inItsNames(given, rotatorRotationSchema));
  return 'faults' in parsed ? parsed : translated(parsed.request);
}

export function translateDrain(given: unknown): Translated | Faulty {
  const parsed = parseRequest(rotatorDrainSchema, inItsNames(given, rotatorDrainSchema));
  return 'faults' in parsed ? parsed : translated(parsed.request);
}

/** Ebb's name of each of rotator's fields that has another. */
const EBBS_NAMES: Readonly<Record<string, string>> = {
  clusterID: 'cluster',
  maxScaling: 'maxSurge',
  rotateMasters: 'rotateControlPlane',
  evictGracePeriod: 'gracePeriod',
  waitBetweenRotations: 'pauseBetweenBatches',
  waitBetweenDrains: 'pauseBetweenDrains',
  waitBetweenPodEvictions: 'pauseBetweenEvictions',
  nodeName: 'node',
  detachNode: 'detach',
  terminateNode: 'terminate',
};

function translated(request: Readonly<Record<string, unknown>>): Translated {
  const given = Object.entries(request).filter(([, value]) => value !== undefined);
  return {
    request: Object.fromEntries(given.map(([name, value]) => [EBBS_NAMES[name] ?? name, value])),
    echo: Object.fromEntries(given.map(([name, value]) => [capitalised(name), value])),
  };
}

function capitalised(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

/** Faults of Ebb's request, with the names of the fields of rotator's. @param echo of the request */
export function inRotatorsWords(faults: readonly string[], { echo }: Pick<Translated, 'echo'>): string[] {
  const sent = Object.keys(echo).map((name) => name.slice(0, 1).toLowerCase() + name.slice(1));
  // Either request has it, and that of a drain may leave it out.
  const itsNames = new Map([...sent, 'clusterID'].map((name) => [EBBS_NAMES[name] ?? name, name]));
  return faults.map((fault) => {
    const [fields = '', ...words] = fault.split(':');
    const its = fields.split(', ').map((field) => itsNames.get(field) ?? field);
    return [its.join(', '), ...words].join(':');
  });
}

/** The fields by the names of the schema. Of two that differ by case alone the last counts, as in Go. */
function inItsNames(given: unknown, { def: { shape } }: z.ZodMiniObject): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given;
  const names = new Map(Object.keys(shape).map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => [names.get(name.toLowerCase()) ?? name, value]),
  );
}
