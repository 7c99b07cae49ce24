/** Answers recorded from a real API server (v1.36.2), compared byte for byte once names and uids are the same. */
import { readFile } from 'node:fs/promises';

import { describe, expect, it } from 'vitest';

import type { Budget, KubeObject, Pod } from './storage/objects.ts';
import { budgets, pods } from './storage/resources.ts';
import { type Answer, TestPeer } from './api/wire.ts';

interface FirstEvent {
  type: string;
  object: KubeObject;
}

interface Exchange {
  name: string;
  request: { method: 'POST'; path: string; body: object };
  status: number;
  headers: Record<string, string>;
  body: object;
}

const load = async <T>(file: string): Promise<T> =>
  JSON.parse(await readFile(new URL(`recorded/${file}.json`, import.meta.url), 'utf8')) as T;

const exchanges = await load<Exchange[]>('evictions');
const denials = await load<Omit<Exchange, 'request'>[]>('denials');
const statuses = await load<{ name: string; status: Budget['status'] }[]>('budget-statuses');
const patches =
  await load<{ name: string; contentType: string; request: object; status: number; body: object }[]>('patches');
const firstEvents = await load<FirstEvent[]>('first-events');
const terminating = await load<{ deletionGracePeriodSeconds: number; phase: string; condition: object }>(
  'terminating-pod',
);

/** The pod and uid that the recordings are about. */
const RECORDED_POD = 'web-0-79589fcc44-8hvjd';
const RECORDED_UID = '7467a160-2d32-4fde-92b3-fea20fcd0b38';
const key = { namespace: 'app-0', name: 'web-0' };

async function recordedWorld(latencies = {}): Promise<TestPeer> {
  const given = await TestPeer.start(latencies);
  for (let at = 0; at < 5; at += 1) given.peer.world.addNode({ name: `fake-node-${at}` });
  given.peer.world.addDeployment({ ...key, replicas: 10, startSeconds: 0.5, shutdownSeconds: 20 });
  given.peer.world.addBudget({ ...key, for: 'web-0', maxUnavailable: 1 });
  await given.peer.settle();
  return given;
}

function podsOf(given: TestPeer): [Pod, Pod] {
  const [first, second] = given.peer.pods('app-0');
  if (first === undefined || second === undefined) throw new Error('the world has no pods');
  return [first, second];
}

/** The request as recorded, about `pod`. */
function replay(given: TestPeer, { request }: Exchange, pod: Pod, token?: string): Promise<Answer> {
  const named = JSON.parse(rename(JSON.stringify(request), pod)) as Exchange['request'];
  const headers = { 'user-agent': 'curl/8.5.0' };
  return given.ask(named.path, {
    method: 'POST',
    body: named.body,
    headers,
    ...(token === undefined ? {} : { token }),
  });
}

function rename(text: string, { metadata }: Pod): string {
  return text
    .replaceAll(RECORDED_POD, metadata.name)
    .replaceAll('web-0-79589fcc44-0000a', metadata.name)
    .replaceAll(RECORDED_UID, metadata.uid);
}

function expectRecorded(answer: Answer, recorded: Exchange, pod: Pod): void {
  const text = rename(JSON.stringify(recorded.body, undefined, 2), pod);
  expect(answer.text).toBe(text);
  expect(answer.status).toBe(recorded.status);
  const headers = ['cache-control', 'content-type', 'retry-after', 'x-content-type-options'];
  expect(Object.fromEntries(headers.map((name) => [name, answer.headers[name]]))).toEqual(
    Object.fromEntries(headers.map((name) => [name, recorded.headers[name]])),
  );
  // The length is the recorded one where the names have the recorded length.
  if (pod.metadata.name.length === RECORDED_POD.length)
    expect(answer.headers['content-length']).toBe(recorded.headers['content-length']);
}

function exchange(name: string): Exchange {
  const found = exchanges.find((one) => one.name === name);
  if (found === undefined) throw new Error(`nothing recorded as ${name}`);
  return found;
}

/** A budget's status with the recorded times and pod names in the place of its own. */
function likeRecorded(name: string, { status }: Budget): { recorded: unknown; actual: unknown } {
  const recorded = statuses.find((one) => one.name === name)?.status;
  const plain = (value: Budget['status'] | undefined): unknown => ({
    ...value,
    conditions: value?.conditions?.map((condition) => ({ ...condition, lastTransitionTime: 'T' })),
    ...(value?.disruptedPods === undefined ? {} : { disruptedPods: Object.keys(value.disruptedPods).length }),
  });
  return { recorded: plain(recorded), actual: plain(status) };
}

function expectStatus(given: TestPeer, name: string): void {
  const budget = given.peer.store.get(budgets, key);
  if (budget === undefined) throw new Error('no budget');
  const { recorded, actual } = likeRecorded(name, budget);
  expect(actual).toEqual(recorded);
}

describe('evictions as a real server answers them', () => {
  it('evicts one, refuses the next and takes the terminating one again', async () => {
    await using given = await recordedWorld();
    const [first, second] = podsOf(given);
    expectStatus(given, 'enough');
    expectRecorded(await replay(given, exchange('evicted'), first), exchange('evicted'), first);
    await given.clock.advance(100);
    expectRecorded(await replay(given, exchange('over budget'), second), exchange('over budget'), second);
    const dry = exchange('over budget in a dry run');
    expectRecorded(await replay(given, dry, second), dry, second);
    const again = exchange('evicted again while terminating');
    expectRecorded(await replay(given, again, first), again, first);

    const pod = given.peer.store.get(pods, first.metadata);
    expect(pod?.status.phase).toBe(terminating.phase);
    expect(pod?.metadata.deletionGracePeriodSeconds).toBe(terminating.deletionGracePeriodSeconds);
    const condition = pod?.status.conditions?.find(({ type }) => type === 'DisruptionTarget');
    expect({ ...condition, lastTransitionTime: 'T', lastProbeTime: null }).toEqual({
      ...terminating.condition,
      lastTransitionTime: 'T',
    });

    expectStatus(given, 'after an eviction');
    await given.clock.advance(1_000);
    expectStatus(given, 'replacement ready');
    expect(given.peer.store.get(pods, first.metadata)).toBeDefined();
  });

  it('answers 404, and 403 without the right', async () => {
    await using given = await recordedWorld();
    const [, pod] = podsOf(given);
    expectRecorded(await replay(given, exchange('not found'), pod), exchange('not found'), pod);
    const token = given.peer.addUser('drainer', []);
    expectRecorded(await replay(given, exchange('forbidden'), pod, token), exchange('forbidden'), pod);
  });

  it('uses up a disruption for 120 s when the uid is another', async () => {
    await using given = await recordedWorld();
    const [, pod] = podsOf(given);
    expectRecorded(await replay(given, exchange('another uid'), pod), exchange('another uid'), pod);
    await given.clock.advance(100);
    expectStatus(given, 'used up by a failed precondition');
    await given.clock.advance(118_000);
    expectStatus(given, 'used up by a failed precondition');
    await given.clock.advance(2_000);
    expectStatus(given, 'given back after 120 s');
  });

  it('fails with two budgets, and refuses what is never allowed', async () => {
    await using given = await recordedWorld();
    const [, pod] = podsOf(given);
    given.peer.world.addBudget({ namespace: 'app-0', name: 'second', for: 'web-0', maxUnavailable: 1 });
    expectRecorded(await replay(given, exchange('two budgets'), pod), exchange('two budgets'), pod);
    for (const name of ['second', 'web-0'])
      await given.ask(`/apis/policy/v1/namespaces/app-0/poddisruptionbudgets/${name}`, { method: 'DELETE' });
    given.peer.world.addBudget({ namespace: 'app-0', name: 'never', for: 'web-0', minAvailable: 10 });
    await given.peer.settle();
    const never = exchange('a budget that never allows');
    expectRecorded(await replay(given, never, pod), never, pod);
  });

  it('asks to come back while the budget is not yet processed', async () => {
    await using given = await recordedWorld({ controller: 5_000 });
    const [, pod] = podsOf(given);
    await given.ask('/apis/policy/v1/namespaces/app-0/poddisruptionbudgets/web-0', { method: 'DELETE' });
    given.peer.world.addBudget({ namespace: 'app-0', name: 'fresh', for: 'web-0', maxUnavailable: 1 });
    const fresh = exchange('budget not yet processed');
    expectRecorded(await replay(given, fresh, pod), fresh, pod);
  });
});

describe('denials as a real server words them', () => {
  const POLICY = {
    by: 'policy',
    name: 'deny-some',
    message: 'taints may not be altered, and nobody is evicted',
  } as const;
  const headers = { 'user-agent': 'curl/8.5.0' };

  function denial(name: string): Omit<Exchange, 'request'> {
    const found = denials.find((one) => one.name === name);
    if (found === undefined) throw new Error(`nothing recorded as ${name}`);
    return found;
  }

  function expectDenied(
    answer: Pick<Answer, 'text' | 'status' | 'headers'>,
    { status, headers: sent, body }: Omit<Exchange, 'request'>,
  ): void {
    expect(answer.text).toBe(JSON.stringify(body, undefined, 2));
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject(sent);
    expect(answer.headers).not.toHaveProperty('x-content-type-options');
  }

  it('denies an eviction by a ValidatingAdmissionPolicy with 422', async () => {
    await using given = await TestPeer.start();
    const [namespace, name] = ['app-0', 'web-0-5c856f99bc-f4b47'];
    given.peer.world.addNode({ name: 'fake-node-0' });
    given.peer.world.addBarePod({ namespace, name, node: 'fake-node-0' });
    given.peer.faults.deny({ resource: 'pods/eviction' }, POLICY);
    const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
    expectDenied(await given.ask(path, { method: 'POST', body, headers }), denial('a policy denies an eviction'));
  });

  it('denies a patch of a node by a ValidatingAdmissionPolicy with 422', async () => {
    await using given = await TestPeer.start();
    given.peer.world.addNode({ name: 'fake-node-0' });
    given.peer.faults.deny({ resource: 'nodes' }, POLICY);
    const sent = { ...headers, 'content-type': 'application/merge-patch+json' };
    const body = { spec: { unschedulable: true } };
    const answer = await given.ask('/api/v1/nodes/fake-node-0', { method: 'PATCH', body, headers: sent });
    expectDenied(answer, denial('a policy denies a patch of a node'));
    expect(given.peer.node('fake-node-0')?.spec.unschedulable).toBeUndefined();
  });

  it('says that annotations are too long', async () => {
    await using given = await TestPeer.start();
    given.peer.world.addNode({ name: 'fake-node-0' });
    const metadata = { annotations: { note: 'x'.repeat(262_144) } };
    const answer = await given.patch<Record<string, unknown>>('/api/v1/nodes/fake-node-0', 'merge-patch', { metadata });
    const { status, body } = answer;
    const recorded = denial('annotations are too long');
    expect(status).toBe(recorded.status);
    expect(withDistinctCauses(body)).toEqual(withDistinctCauses(recorded.body));
  });

  /** The real server repeats a cause for each of its passes over the object. */
  function withDistinctCauses(body: object): object {
    const { details, ...rest } = body as { details: { causes: object[] } };
    const causes = new Set(details.causes.map((cause) => JSON.stringify(cause)));
    return { ...rest, details: { ...details, causes: [...causes] } };
  }
});

describe('patches as a real server refuses them', () => {
  it.each(patches)('$name', async ({ contentType, request, status, body }) => {
    await using given = await TestPeer.start();
    given.peer.world.addNode({ name: 'fake-node-0' });
    const headers = { 'content-type': contentType };
    const answer = await given.ask('/api/v1/nodes/fake-node-0', { method: 'PATCH', body: request, headers });
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual(body);
  });
});

describe('the first events of a watch as a real server sends them', () => {
  it('come by name, each with its own version, and end with a bookmark that says so', async () => {
    await using given = await TestPeer.start();
    await addRecordedPods(given);
    const path = '/api/v1/namespaces/app-0/pods?watch=true&allowWatchBookmarks=true&labelSelector=app%3Dweb-0';
    const watch = await given.watch(path);
    await watch.until(firstEvents.length);
    const events = watch.events as unknown as FirstEvent[];
    expect(events.map(gist)).toEqual(firstEvents.map(gist));
    expect(withoutVersion(events.at(-1))).toEqual(withoutVersion(firstEvents.at(-1)));
    const versions = events.map(({ object }) => version(object));
    expect(versions.at(-1)).toBe(given.peer.store.version);
    expect(versions).not.toEqual(versions.toSorted((a, b) => a - b));
  });
});

/** In the order in which they were last changed. */
async function addRecordedPods({ peer }: TestPeer): Promise<void> {
  const recorded = firstEvents.filter(({ type }) => type === 'ADDED').map(({ object }) => object as Pod);
  for (const { metadata, spec } of recorded.toSorted((a, b) => version(a) - version(b))) {
    const { nodeName: node = '' } = spec;
    peer.world.addNode({ name: node, zone: zoneOf({ metadata }) ?? '' });
    peer.world.addBarePod({ namespace: 'app-0', name: metadata.name, node, labels: { app: 'web-0' } });
  }
  await peer.settle();
}

function gist({ type, object }: FirstEvent): unknown[] {
  const isEnd = object.metadata.annotations?.['k8s.io/initial-events-end'];
  return [type, object.metadata.name, zoneOf(object), isEnd];
}

function withoutVersion(event: FirstEvent | undefined): object {
  return { ...event?.object, metadata: { ...event?.object.metadata, resourceVersion: '' } };
}

function zoneOf({ metadata }: Pick<KubeObject, 'metadata'>): string | undefined {
  return metadata.labels?.['topology.kubernetes.io/zone'];
}

function version({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion);
}
