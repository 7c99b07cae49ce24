/**
 * Kept pods: the pods that a drain remembers, in few bytes. Lambda keeps the memory of a run, at most 262,144 bytes at
 * a time (contract 14.1). EKS allows 737 pods on a node. If each is held by a policy with 2,000 characters of its own,
 * they take 65,536 bytes here. Pods of one controller share the start of their name, a uid takes 22 characters in place
 * of 36, and what holds a pod is kept as a digest, which is enough to see a change. Pure.
 */
import { createHash } from 'node:crypto';

/** The memory of a pod that is still to go. */
export interface KeptPod {
  /** `namespace/name`; cut in the middle, with `…`, when there are too many long names. */
  readonly name: string;
  /** Digest of what held the pod in the last report; absent when nothing did. */
  readonly heldBy?: string;
  /** The reports about it so far, a letter each. */
  readonly told?: string;
}

/** Pods by the start of the name (`shop/web-7d4b9c8f6d-`), then by uid: the end of the name, and the other fields. */
export type KeptPods = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Lengths to which names are cut: the longest that fits. Few, so that the same pods are alike from round to round. */
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

/** Returns the size of the value's JSON. */
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

/** Characters of a digest. Two pods of a node have the same digest once in 250,000 nodes. */
const DIGEST_LENGTH = 6;

/** Returns the digest of a text, to see whether it has changed. A new text with the same digest is not reported. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_LENGTH);
}

/** Characters kept of a name's end, which differs between the pods of one controller. */
const END_LENGTH = 6;

function shortened(name: string, length: number): string {
  return name.length <= length ? name : `${name.slice(0, length - END_LENGTH - 1)}…${name.slice(-END_LENGTH)}`;
}

/** Uids as the API server makes them. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Prefix of a uid that is not a UUID: base64url does not have this character. */
const AS_IT_IS = '=';

function shortUid(uid: string): string {
  return UUID.test(uid) ? Buffer.from(uid.replaceAll('-', ''), 'hex').toString('base64url') : `${AS_IT_IS}${uid}`;
}

function longUid(short: string): string {
  if (short.startsWith(AS_IT_IS)) return short.slice(AS_IT_IS.length);
  const digits = Buffer.from(short, 'base64url').toString('hex');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
