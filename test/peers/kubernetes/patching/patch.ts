/** The patch that a media type names, applied to an object. */
import type { Json } from '../storage/json.ts';
import { jsonPatch } from './json-patch.ts';
import { mergePatch } from './merge-patch.ts';
import type { KubeObject } from '../storage/objects.ts';
import { strategicPatch } from './strategic-patch.ts';
import { unsupportedPatch } from '../api/status.ts';

const PATCHES: Readonly<Record<string, (document: Json, patch: Json) => Json>> = {
  'application/json-patch+json': jsonPatch,
  'application/merge-patch+json': mergePatch,
  'application/strategic-merge-patch+json': strategicPatch,
};

/** The patched object; throws a 415 for other media types (server-side apply is not served). */
export function patched(object: KubeObject, contentType: string, patch: unknown): KubeObject {
  const apply = PATCHES[contentType.split(';')[0]?.trim() ?? ''];
  if (apply === undefined) throw unsupportedPatch();
  return apply(structuredClone(object) as unknown as Json, patch as Json) as unknown as KubeObject;
}
