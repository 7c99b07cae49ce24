/** Discovery documents: what kubectl reads to learn the resources. Aggregated discovery and OpenAPI are not served. */
import { apiVersionOf, type Resource, resources } from '../storage/resources.ts';

export const version = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.2',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: 'go1.26.0',
  compiler: 'gc',
  platform: 'linux/amd64',
};

export const coreVersions = { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };

/** `/apis` */
export function groupList(): object {
  const groups = [...new Set(resources.map(({ group }) => group))].filter((group) => group !== '');
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupEntry) };
}

/** `/apis/GROUP`; undefined when the group is not served. */
export function groupDocument(group: string): object | undefined {
  if (group === '' || !resources.some((resource) => resource.group === group)) return undefined;
  return { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) };
}

/** `/api/v1` or `/apis/GROUP/VERSION`; undefined when it is not served. */
export function resourceList(groupVersion: string): object | undefined {
  const served = resources.filter((resource) => apiVersionOf(resource) === groupVersion);
  if (served.length === 0) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: served.flatMap(entries) };
}

function groupEntry(name: string): object {
  const version = resources.find(({ group }) => group === name)?.version ?? '';
  const preferred = { groupVersion: `${name}/${version}`, version };
  return { name, versions: [preferred], preferredVersion: preferred };
}

function entries({ plural, kind, namespaced, shortNames, categories, subresources, verbs }: Resource): object[] {
  const main = { name: plural, singularName: kind.toLowerCase(), namespaced, kind, verbs };
  const short = shortNames.length === 0 ? {} : { shortNames };
  const listed = categories.length === 0 ? {} : { categories };
  return [{ ...main, ...short, ...listed }, ...subresources.map((name) => subresource(name, main))];
}

function subresource(name: string, main: { name: string; namespaced: boolean; kind: string }): object {
  const place = { name: `${main.name}/${name}`, singularName: '', namespaced: main.namespaced };
  if (name === 'eviction') return { ...place, group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] };
  return { ...place, kind: main.kind, verbs: ['get', 'patch', 'update'] };
}
