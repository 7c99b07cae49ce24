/**
 * The pods that a drain remembers, written in few bytes. What a run remembers is kept by Lambda, 262,144 bytes at a time
 * (contract 14.1): 737 pods, which is what EKS allows on a node, each held by a policy in words of 2,000 characters of
 * its own, are kept here in 65,536. Pods of one controller share the start of their name, a uid is 22 characters for 36,
 * and what holds a pod is kept as a digest: enough to tell whether it is news. Pure.
 */
import { createHash } from 'node:crypto';

/** What is remembered of a pod that is still to go. */
export interface KeptPod {
  /** `namespace/name`; cut in the middle, with `…`, where so many long names would be too much. */
  readonly name: string;
  /** Digest of what held it when that was last told; absent: nothing. */
  readonly heldBy?: string;
  /** What has been told of it, a letter each. */
  readonly told?: string;
}

/** By the start of the name (`shop/web-7d4b9c8f6d-`), then by uid: the rest of the name, and what is known beside it. */
export type KeptPods = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** How long names may be: the longest that fits. Few steps, so that the same pods are written alike from turn to turn. */
const LENGTHS = [Infinity, 96, 64, 48, 40, 32, 24, 16] as const;
const SHORTEST = 12;

/**
 * @param pods by uid
 * @param mostBytes of the JSON; names are cut to fit
 */
export function keepPods(pods: ReadonlyMap<string, KeptPod>, mostBytes: number): KeptPods {
  const length = LENGTHS.find((each) => bytesOf(written(pods, each)) <= mostBytes) ?? SHORTEST;
  return written(pods, length);
}

/** Of the value's JSON. */
export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function written(pods: ReadonlyMap<string, KeptPod>, length: number): KeptPods {
  const kept: Record<string, Record<string, string>> = {};
  for (const [uid, { name, heldBy = '', told = '' }] of pods) {
    const text = shortened(name, length);
    const start = text.slice(0, Math.max(text.lastIndexOf('-'), text.lastIndexOf('/'), text.lastIndexOf('…')) + 1);
    const known = [text.slice(start.length), heldBy, told].join(' ').trimEnd();
    (kept[start] ??= {})[shortUid(uid)] = known;
  }
  return kept;
}

/** @returns by uid */
export function recallPods(kept: KeptPods): Map<string, KeptPod> {
  return new Map(
    Object.entries(kept).flatMap(([start, rests]) =>
      Object.entries(rests).map(([uid, known]): [string, KeptPod] => {
        const [rest = '', heldBy = '', told = ''] = known.split(' ');
        return [longUid(uid), { name: start + rest, ...(heldBy && { heldBy }), ...(told && { told }) }];
      }),
    ),
  );
}

/** Characters of a digest: two of the pods of a node have the same one once in 250,000 nodes. */
const DIGEST_LENGTH = 6;

/** Stands for a text where only news counts: of two texts with one digest the second is not told. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_LENGTH);
}

/** How much of a name's end is kept: what tells the pods of one controller apart. */
const END_LENGTH = 6;

function shortened(name: string, length: number): string {
  return name.length <= length ? name : `${name.slice(0, length - END_LENGTH - 1)}…${name.slice(-END_LENGTH)}`;
}

/** As the API server makes them. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Before a uid that is no UUID: base64url has no such character. */
const AS_IT_IS = '=';

function shortUid(uid: string): string {
  return UUID.test(uid) ? Buffer.from(uid.replaceAll('-', ''), 'hex').toString('base64url') : `${AS_IT_IS}${uid}`;
}

function longUid(short: string): string {
  if (short.startsWith(AS_IT_IS)) return short.slice(AS_IT_IS.length);
  const digits = Buffer.from(short, 'base64url').toString('hex');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
