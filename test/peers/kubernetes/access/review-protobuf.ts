/**
 * Reads a SelfSubjectAccessReview from protobuf, the one body that kubectl sends so (`auth can-i`): the envelope of
 * `k8s.io/apimachinery/pkg/runtime` and the fields of `k8s.io/api/authorization/v1`. Nothing else is read, and answers
 * are JSON, which every client accepts as well.
 */
export const PROTOBUF = 'application/vnd.kubernetes.protobuf';

const MAGIC = Buffer.from('k8s\0');
const LENGTH_DELIMITED = 2;

/** The review as the JSON that it stands for; undefined when the bytes are none. */
export function reviewFromProtobuf(bytes: Buffer): string | undefined {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  const envelope = fields(bytes.subarray(MAGIC.length));
  const type = texts(envelope.get(1), ['apiVersion', 'kind']);
  const spec = fields(fields(envelope.get(2)).get(2));
  const resourceAttributes = texts(spec.get(1), RESOURCE_FIELDS);
  const nonResourceAttributes = texts(spec.get(2), PATH_FIELDS);
  return JSON.stringify({ ...type, spec: { resourceAttributes, nonResourceAttributes } });
}

/** Field names in the order of their numbers, from 1. */
const RESOURCE_FIELDS = ['namespace', 'verb', 'group', 'version', 'resource', 'subresource', 'name'];
const PATH_FIELDS = ['path', 'verb'];

function texts(message: Buffer | undefined, names: readonly string[]): Record<string, string> | undefined {
  if (message === undefined) return undefined;
  const found = fields(message);
  return Object.fromEntries(names.map((name, at) => [name, found.get(at + 1)?.toString() ?? '']));
}

/** The length-delimited fields of a message by number; the kinds read here have no others. */
function fields(message: Buffer = Buffer.alloc(0)): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) !== LENGTH_DELIMITED) continue;
    found.set(tag >> 3, message.subarray(at, at + value));
    at += value;
  }
  return found;
}
