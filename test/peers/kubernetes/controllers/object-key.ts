/** Work queue keys of namespaced objects. */
import type { Key, KubeObject } from '../storage/objects.ts';

export function keyOf({ metadata: { namespace = '', name } }: KubeObject): string {
  return `${namespace}/${name}`;
}

export function parseKey(key: string): Required<Key> {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}
