/** What is refused before anything is started or changed, each in words and with what to do. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { nodes } from '../../peers/kubernetes/storage/resources.ts';
import { RecordingServer } from '../../peers/own-cluster/recording-server.ts';
import { base64 } from '../../peers/own-cluster/kubeconfig-given.ts';
import { NEEDED_RIGHTS, type Right } from '../own-node/cluster-rights.ts';
import { SomebodysCluster, type RunPlan } from './somebodys-cluster.ts';

let given: SomebodysCluster;
beforeAll(async () => {
  given = await SomebodysCluster.start();
});
afterEach(() => {
  given.peer.faults.clear();
  given.takeAway();
});
afterAll(async () => {
  await given[Symbol.asyncDispose]();
});

/** Runs what must be refused, and answers the refusal as the user reads it. */
async function refusal(plan: RunPlan = {}): Promise<string> {
  const run = await given.run({ ...plan, confirm: () => Promise.reject(new Error('it was not refused')) });
  expect(run.status).toBe(1);
  expect(given.node.metadata.annotations?.['ebb/retirement']).toBeUndefined();
  return [run.fault?.message ?? 'not refused', ...(run.fault?.fix ?? [])].join('\n');
}

test('a kubeconfig that is not there', async () => {
  expect(await refusal({ kubeconfig: '/nowhere/config' })).toMatch(/^there is no file \/nowhere\/config\n.*kind get/);
});

test('a token that is not taken', async () => {
  expect(await refusal({ kubeconfig: given.kubeconfig({ token: 'stale' }) })).toMatch(
    /does not take the credentials of user jane \(context peer\)\nthey may have expired/,
  );
});

test('a node that there is not, with some that there are', async () => {
  expect(await refusal({ node: 'wroker' })).toBe('the cluster has no node "wroker"\nits nodes are worker, worker2');
});

test('a node that is not Ready, with why', async () => {
  const { world, store } = given.peer;
  world.addNode({ name: 'slow', readySeconds: Infinity });
  expect(await refusal({ node: 'slow' })).toMatch(/^node slow is not Ready: .*\n.*kubectl describe node slow/);
  store.remove(nodes, { name: 'slow' });
});

const named = NEEDED_RIGHTS.map((right): [string, Right] => [`${right.verb} ${right.resource}`, right]);
const asked: [string, () => void][] = [
  ['an access review', () => undefined],
  [
    'trying',
    () => given.peer.faults.answer({ path: /accessreviews|subjectreviews/ }, 404, { kind: 'Status', code: 404 }),
  ],
];

test.each(named.flatMap(([name, right]) => asked.map(([how, prepare]) => [name, how, right, prepare] as const)))(
  'a user without the right to %s, by %s',
  async (_, how, right, prepare) => {
    prepare();
    given.takeAway(right);
    const words = await refusal();
    const group = right.group === '' ? '' : ` (${right.group})`;
    expect(words.split('\n').filter((line) => line.startsWith(`  ${right.verb} `))).toEqual([
      `  ${right.verb} ${right.resource}${group}`,
    ]);
    expect(words).toContain('lacks rights in the cluster');
    expect(words).toContain('npm run -s cluster-role | kubectl apply -f -');
    if (how === 'trying') expect(words).toContain('clusterrolebinding ebb-demo --clusterrole=ebb --user=jane');
  },
);

test('trying changes nothing, and finds nothing missing where nothing is', async () => {
  given.peer.faults.answer({ path: /accessreviews|subjectreviews/ }, 403, { kind: 'Status', code: 403 });
  const run = await given.run({ confirm: () => Promise.resolve('no') });
  expect(run.said).toContain('Nothing was changed.');
});

test('a server that is not there, or whose certificate is not trusted', async () => {
  const other = await RecordingServer.start();
  const text = (server: string, ca: string) =>
    given.peer.kubeconfig({ token: 'any' }).replace(given.peer.url, server).replace(base64(given.peer.ca), base64(ca));
  const written = (content: string) => ({ kubeconfig: given.folder.write('other', content) });
  expect(await refusal(written(text('https://127.0.0.1:1', given.peer.ca)))).toMatch(/does not answer: .*ECONNREFUSED/);
  expect(await refusal(written(text(other.url, given.peer.ca)))).toMatch(
    /is not trusted: .*\n.*certificate-authority-data/,
  );
  other.answer = (_request, response) => {
    response.end('<html>a router’s page</html>');
  };
  expect(await refusal(written(text(other.url, other.certificates.ca)))).toMatch(
    /does not answer as an API server does/,
  );
  await other[Symbol.asyncDispose]();
});
