/**
 * One node's providerID, shown as if its machine were an EC2 instance. On the server it is immutable, so it is only shown:
 * in every answer that holds the node, and in no request.
 */
import { Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

export interface Disguise {
  readonly node: string;
  /** `aws:///peer/i-0123456789abcdef0` */
  readonly providerId: string;
}

/** What rewrites the answer to a request, if it can hold nodes: as one document, or as a watch's lines. */
export function disguiser(path: string, disguise: Disguise): (() => Transform) | undefined {
  const nodes = nodesIn(path);
  if (nodes === undefined) return undefined;
  return () => (nodes === 'lines' ? disguisedLines(disguise) : disguisedDocument(disguise));
}

function nodesIn(path: string): 'document' | 'lines' | undefined {
  const { pathname, searchParams } = new URL(path, 'https://any');
  if (/^\/api\/v1\/watch\/nodes(\/|$)/.test(pathname)) return 'lines';
  if (!/^\/api\/v1\/nodes(\/[^/]+(\/status)?)?$/.test(pathname)) return undefined;
  return ['true', '1'].includes(searchParams.get('watch') ?? '') ? 'lines' : 'document';
}

/** Rewrites a document once it has ended. What is no JSON passes as it is. */
function disguisedDocument(disguise: Disguise): Transform {
  const chunks: Buffer[] = [];
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
    flush(done) {
      done(null, disguised(Buffer.concat(chunks).toString(), disguise));
    },
  });
}

/** Rewrites a watch line by line, each as soon as it is there. */
function disguisedLines(disguise: Disguise): Transform {
  const decoder = new StringDecoder();
  let rest = '';
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const lines = (rest + decoder.write(chunk)).split('\n');
      rest = lines.pop() ?? '';
      done(null, lines.map((line) => `${disguised(line, disguise)}\n`).join(''));
    },
    flush(done) {
      done(null, disguised(rest, disguise));
    },
  });
}

/** A request's body without the providerID, whatever it says: a patch must never carry it. */
export function undisguised(body: Buffer): Buffer {
  const patch = parsed(body.toString());
  const spec = (patch as { spec?: { providerID?: unknown } } | undefined)?.spec;
  if (spec?.providerID === undefined) return body;
  delete spec.providerID;
  return Buffer.from(JSON.stringify(patch));
}

interface NodeLike {
  readonly metadata?: { readonly name?: string };
  spec?: { providerID?: string };
}

/** A Node, a NodeList or a watch event of a Node. */
interface Answer extends NodeLike {
  readonly kind?: string;
  readonly items?: readonly NodeLike[];
  readonly object?: NodeLike & { readonly kind?: string };
}

function disguised(text: string, { node, providerId }: Disguise): string {
  if (!text.includes(`"${node}"`)) return text;
  const answer = parsed(text) as Answer | undefined;
  const found = nodesOf(answer).filter(({ metadata }) => metadata?.name === node);
  if (found.length === 0) return text;
  for (const each of found) each.spec = { ...each.spec, providerID: providerId };
  return JSON.stringify(answer);
}

function nodesOf(answer: Answer | undefined): readonly NodeLike[] {
  if (answer?.kind === 'NodeList') return answer.items ?? [];
  if (answer?.kind === 'Node') return [answer];
  return answer?.object?.kind === 'Node' ? [answer.object] : [];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
