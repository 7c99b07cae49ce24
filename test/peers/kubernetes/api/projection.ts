/** What of an object an Accept header asks for: all of it, or its metadata alone. Tables are not made. */
import type { KubeObject } from '../storage/objects.ts';
import { notAcceptable } from './status.ts';

export interface Projection {
  readonly one: (object: KubeObject) => object;
  /** An item of a list: those of built-in kinds say neither kind nor version, the list does. */
  readonly item: (object: KubeObject) => object;
  /** The list kind and version that replace the resource's own. */
  readonly list: { kind: string; apiVersion: string } | undefined;
}

const whole: Projection = { one: (object) => object, item: withoutKind, list: undefined };

const partial: Projection = {
  one: metadataOnly,
  item: metadataOnly,
  list: { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' },
};

/** The first of the accepted types that is served; throws a 406 when there is none. */
export function projectionFor(accept = '*/*'): Projection {
  const served = accept.split(',').map(projectionOf);
  const first = served.find((projection) => projection !== undefined);
  if (first === undefined) throw notAcceptable();
  return first;
}

function projectionOf(type: string): Projection | undefined {
  const [media = '', ...parameters] = type.split(';').map((part) => part.trim());
  if (!['application/json', 'application/*', '*/*'].includes(media)) return undefined;
  const as = parameters.find((parameter) => parameter.startsWith('as='));
  if (as === undefined) return whole;
  return as.startsWith('as=PartialObjectMetadata') && parameters.includes('v=v1') ? partial : undefined;
}

function withoutKind(object: KubeObject): object {
  return { ...object, kind: undefined, apiVersion: undefined };
}

function metadataOnly({ metadata }: KubeObject): object {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}
