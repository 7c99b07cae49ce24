/** Groups that are said to be another cluster's (contract 1.5). */
import { expect, test } from 'vitest';
import { foreignGroups } from '../../../lambdas/core/disruption/foreign-group.ts';
import { aCluster } from '../../fleet-given.ts';
import { aGroup } from '../../given.ts';

const EKS = (cluster: string) => ({ 'eks:cluster-name': cluster });
const OWNED = (cluster: string) => ({ [`kubernetes.io/cluster/${cluster}`]: 'owned' });

/** What `production` makes of the group, which that cluster's configuration names. */
function why(configured: string | undefined, tags: Readonly<Record<string, string>>): string | undefined {
  const [production, staging] = ['production', 'staging'].map((name) =>
    aCluster({ name, groups: [{ name: `of-${name}` }, ...(name === configured ? [{ name: 'workers' }] : [])] }),
  );
  if (production === undefined || staging === undefined) throw new Error('there are two clusters');
  const groups = [aGroup({ name: 'workers', tags })];
  return foreignGroups(production, { groups, clusters: [production, staging] }).get('workers');
}

test.each<[string, string | undefined, Readonly<Record<string, string>>]>([
  ['the configuration and the tags', 'production', { ...EKS('production'), ...OWNED('production') }],
  ['the configuration alone', 'production', {}],
  ['the tags alone', undefined, { 'ebb/managed': 'true', ...OWNED('production') }],
  ['nothing that is read here', undefined, { 'ebb/managed': 'true' }],
])('a group is the cluster’s by %s', (_by, configured, tags) => {
  expect(why(configured, tags)).toBeUndefined();
});

test.each<[string, string | undefined, Readonly<Record<string, string>>, string]>([
  [
    'tagged for two clusters',
    undefined,
    { ...OWNED('production'), ...OWNED('staging') },
    'its cluster is disputed: group tag kubernetes.io/cluster/production says production, ' +
      'group tag kubernetes.io/cluster/staging says staging',
  ],
  [
    'tagged for another than it is configured for',
    'production',
    OWNED('staging'),
    'its cluster is disputed: the configuration says production, group tag kubernetes.io/cluster/staging says staging',
  ],
  ['tagged for another', undefined, EKS('staging'), 'it is another cluster’s: group tag eks:cluster-name says staging'],
  ['configured for another', 'staging', {}, 'it is another cluster’s: the configuration says staging'],
])('a group that is %s is left alone', (_how, configured, tags, text) => {
  expect(why(configured, tags)).toBe(text);
});

test('a managed node group in a cluster with a kubeconfig is left alone: EKS is not asked whether it updates it (contract 9.7, 15.1)', () => {
  const production = aCluster({ access: { kubeconfigSecret: 'ebb/production' } });
  const plain = aGroup({ name: 'plain', tags: OWNED('production') });
  const managed = aGroup({
    name: 'managed',
    tags: EKS('production'),
    nodeGroup: { cluster: 'production', name: 'ng' },
  });
  expect([...foreignGroups(production, { groups: [plain, managed], clusters: [production] })]).toEqual([
    ['managed', 'it is managed node group ng of EKS, which is not asked about a cluster with a kubeconfig'],
  ]);
  expect(foreignGroups(aCluster(), { groups: [managed], clusters: [aCluster()] }).size).toBe(0);
});
