import { describe, expect, test } from 'vitest';
import { clusterIdentity, type ClusterSources } from '../../../lambdas/core/aws/cluster-identity.ts';

const EKS = (cluster: string) => ({ 'eks:cluster-name': cluster });
const OWNED = (cluster: string, value = 'owned') => ({ [`kubernetes.io/cluster/${cluster}`]: value });
const METADATA = (cluster: string) => JSON.stringify({ cluster });

function identity(given: Partial<ClusterSources>) {
  return clusterIdentity({ groupTags: {}, ...given });
}

describe('the cluster of an instance (contract 1.5)', () => {
  test.each<[string, Partial<ClusterSources>]>([
    ['the hook’s metadata alone', { hookMetadata: METADATA('prod') }],
    ['metadata that carries more', { hookMetadata: JSON.stringify({ team: 'a', cluster: 'prod' }) }],
    ['the group’s eks:cluster-name', { groupTags: EKS('prod') }],
    ['the instance’s eks:cluster-name', { instanceTags: EKS('prod') }],
    ['the group’s kubernetes.io/cluster tag', { groupTags: OWNED('prod') }],
    ['that tag when it is only shared', { groupTags: OWNED('prod', 'shared') }],
    ['the instance’s kubernetes.io/cluster tag', { instanceTags: OWNED('prod') }],
    [
      'all of them, when they agree',
      {
        hookMetadata: METADATA('prod'),
        groupTags: { ...EKS('prod'), ...OWNED('prod') },
        instanceTags: { ...EKS('prod'), ...OWNED('prod') },
      },
    ],
    ['other tags say nothing', { groupTags: { Name: 'test', ...EKS('prod'), 'kubernetes.io/role/node': '1' } }],
  ])('is named by %s', (_source, given) => {
    expect(identity(given)).toEqual({ kind: 'known', cluster: 'prod' });
  });

  test.each<[string, Partial<ClusterSources>]>([
    ['no source', {}],
    ['other tags', { groupTags: { Name: 'prod', 'ebb/managed': 'true' }, instanceTags: { Name: 'prod' } }],
  ])('is unknown by %s', (_source, given) => {
    expect(identity(given)).toEqual({ kind: 'unknown' });
  });

  test.each([
    ['nothing', ''],
    ['no JSON', 'cluster=prod'],
    ['half of JSON', '{"cluster":"prod"'],
    ['null', 'null'],
    ['a number', '17'],
    ['a string', '"prod"'],
    ['a list', '["prod"]'],
    ['a cluster that is a number', '{"cluster":17}'],
    ['a cluster that is null', '{"cluster":null}'],
    ['a cluster that is an object', '{"cluster":{"name":"prod"}}'],
    ['no cluster', '{"team":"a"}'],
    ['a cluster without a name', '{"cluster":""}'],
  ])('is not named by metadata that is %s, nor disputed by it', (_what, hookMetadata) => {
    expect(identity({ hookMetadata })).toEqual({ kind: 'unknown' });
    expect(identity({ hookMetadata, groupTags: EKS('prod') })).toEqual({ kind: 'known', cluster: 'prod' });
  });
});

describe('sources that disagree are refused, and named (contract 1.5)', () => {
  test.each<[string, Partial<ClusterSources>, string[]]>([
    [
      'metadata and the group’s tag',
      { hookMetadata: METADATA('prod'), groupTags: EKS('test') },
      ['hook metadata says prod', 'group tag eks:cluster-name says test'],
    ],
    [
      'two tags of the group',
      { groupTags: { ...OWNED('test'), ...EKS('prod') } },
      ['group tag eks:cluster-name says prod', 'group tag kubernetes.io/cluster/test says test'],
    ],
    [
      'two owners in the group’s tags',
      { groupTags: { ...OWNED('prod'), ...OWNED('test') } },
      ['group tag kubernetes.io/cluster/prod says prod', 'group tag kubernetes.io/cluster/test says test'],
    ],
    [
      'the group and the instance',
      { groupTags: OWNED('prod'), instanceTags: OWNED('test') },
      ['group tag kubernetes.io/cluster/prod says prod', 'instance tag kubernetes.io/cluster/test says test'],
    ],
    [
      'the last source and all before it',
      {
        hookMetadata: METADATA('prod'),
        groupTags: { ...EKS('prod'), ...OWNED('prod') },
        instanceTags: { ...EKS('prod'), ...OWNED('test') },
      },
      [
        'hook metadata says prod',
        'group tag eks:cluster-name says prod',
        'instance tag eks:cluster-name says prod',
        'group tag kubernetes.io/cluster/prod says prod',
        'instance tag kubernetes.io/cluster/test says test',
      ],
    ],
  ])('%s', (_which, given, claims) => {
    expect(identity(given)).toEqual({ kind: 'disputed', claims });
  });
});
