/**
 * 5,000 nodes that leave at once, spread over 400 target groups: their retirements, each a process of its own, stay below
 * the rates that AWS publishes, and are done when the batches are (contract 7.2, 7.3).
 */
import { expect, test } from 'vitest';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import type { NodePatch } from '../../../lambdas/core/node/marks.ts';
import type { Cluster } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { LoadBalancing } from '../../../lambdas/workflow/ports/load-balancing.ts';
import type { Retiree } from '../../../lambdas/workflow/retirement/retiree.ts';
import { NodeWithdrawal } from '../../../lambdas/workflow/traffic/withdraw-node.ts';
import { REGISTRATION_RATE } from '../../../lambdas/adapters/load-balancing/pace.ts';
import type { DrivenClock } from '../../peers/clock.ts';
import { portFor, withLoadBalancing } from '../../adapters/load-balancing/given.ts';
import { aNode, aNotice, aSigned, HOUR, SECOND } from '../../given.ts';

const NODES = 5_000;
const GROUPS = 400;
const DELAY_SECONDS = 300;

/** How often a retirement that waits looks again. */
const LOOK_SECONDS = 15;

/** The nodes alone, in memory: what is measured is what AWS is asked. */
class Nodes {
  readonly byName = new Map<string, Node>();

  get cluster(): Cluster {
    const asking = (): Node[] => [...this.byName.values()].filter(({ labels }) => 'ebb/withdraw' in labels);
    return {
      readNode: (name: string) => Promise.resolve(this.byName.get(name)),
      retiringNodes: () => Promise.resolve([...this.byName.values()]),
      withdrawingNodes: (most = Infinity) => Promise.resolve(asking().slice(0, most)),
      patchNode: (name: string, patch: NodePatch) => {
        this.#patch(name, patch);
        return Promise.resolve('patched');
      },
    } as Partial<Cluster> as Cluster;
  }

  #patch(name: string, { metadata }: NodePatch): void {
    const node = this.byName.get(name) ?? aNode();
    const merged = (old: Readonly<Record<string, string>>, more: Readonly<Record<string, string | null>>) => {
      const entries = Object.entries({ ...old, ...more });
      return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== null));
    };
    const labels = merged(node.labels, metadata.labels);
    this.byName.set(name, { ...node, labels, annotations: merged(node.annotations, metadata.annotations) });
  }
}

/** All who wait look again together: thousands of timers would only cost real time. */
function rounds(clock: DrivenClock): { readonly next: Promise<void> } {
  let current: Promise<void> | undefined;
  return {
    get next() {
      current ??= clock.sleep(LOOK_SECONDS * SECOND).then(() => {
        current = undefined;
      });
      return current;
    },
  };
}

test('5,000 nodes in 400 target groups', { timeout: 240_000 }, async () => {
  await using given = await withLoadBalancing();
  const { aws, elb, clock } = given;
  elb.addLoadBalancer({ name: 'front' });
  const tags = { 'kubernetes.io/cluster/production': 'owned' };
  const arns = Array.from({ length: GROUPS }, (_, index) => {
    const name = `tg-${index}`;
    return elb.addTargetGroup({ name, loadBalancers: ['front'], deregistrationDelay: DELAY_SECONDS, tags }).arn;
  });
  const nodes = new Nodes();
  const instances = Array.from({ length: NODES }, (_, index) => {
    const { instanceId } = aws.instances.launch();
    const name = `node-${String(index).padStart(4, '0')}`;
    const providerId = `aws:///eu-central-1a/${instanceId}`;
    const times = [0, HOUR].map((later) => new Date(clock.now() + later).toISOString());
    const annotations = aSigned({ execution: name, since: times[0] ?? '', deadline: times[1] ?? '' });
    nodes.byName.set(name, aNode({ name, providerId, annotations, createdAt: clock.now() - HOUR }));
    elb.register(arns[index % GROUPS] ?? '', [{ id: instanceId }]);
    return { instanceId, name };
  });

  const round = rounds(clock);
  const started = clock.now();
  const ends: number[] = [];
  const deadline = started + HOUR;
  const retire = async ({ instanceId, name }: (typeof instances)[number]): Promise<void> => {
    // A process of its own: it has its own cache and its own pace.
    let own: LoadBalancing | undefined;
    const balancing: LoadBalancing = {
      // Elastic Load Balancing is not asked for that.
      poolsNamed: () => Promise.resolve(GROUPS),
      pools: (scope) => (own ??= portFor(given)).pools(scope),
      targets: (pool, wanted) => (own ??= portFor(given)).targets(pool, wanted),
      deregister: (pool, targets) => (own ??= portFor(given)).deregister(pool, targets),
      serving: () => Promise.resolve([]),
      isTaggedFor: () => Promise.resolve(true),
      register: (pool, targets) => (own ??= portFor(given)).register(pool, targets),
    };
    const subject = { execution: name, cluster: 'production', group: 'workers', instance: instanceId, node: name };
    const retiree = {
      notice: aNotice({ instance: instanceId, at: started }),
      cluster: { name: 'production' },
      course: { subject, startedAt: started, deadline },
      ports: {
        clusters: { open: () => Promise.resolve(nodes.cluster) },
        balancing,
        journal: { report: () => undefined },
      },
    } as unknown as Retiree;
    const stage = new NodeWithdrawal(retiree, { node: name, deadline }).stage(deadline);
    let { memory } = stage;
    for (;;) {
      const pass = await stage.pass(memory, { subject, watchUntil: Infinity, keep: () => undefined });
      if (pass.state === 'done') {
        ends.push(pass.value.withdrawn?.at ?? NaN);
        return;
      }
      ({ memory } = pass);
      await round.next;
    }
  };
  await given.passing(Promise.all(instances.map(retire)));

  const states = instances.map(({ instanceId: id }, index) => elb.health(arns[index % GROUPS] ?? '', { id }).state);
  expect(new Set(states)).toEqual(new Set(['draining']));
  const V2 = '2015-12-01';
  expect(elb.limits.refused).toBe(0);
  // Each group has a dozen of the nodes: one call takes them all.
  const { taken } = elb.limits.use(V2, 'registration');
  expect(taken).toBe(GROUPS);
  // What the batches predict: the deregistrations at their pace, after the reads that come before the first.
  const predicted = (GROUPS - REGISTRATION_RATE.burst) / REGISTRATION_RATE.perSecond;
  const lasted = (Math.max(...ends) - started) / SECOND;
  console.log(
    `${NODES} nodes out of ${GROUPS} target groups after ${lasted.toFixed(0)} s (deregistrations alone ${predicted.toFixed(0)} s), ` +
      `${given.count('DescribeTargetHealth')} looks at targets, ${taken} deregistrations`,
  );
  expect(ends).toHaveLength(NODES);
  expect(lasted).toBeGreaterThan(predicted);
  expect(lasted).toBeLessThan(2 * predicted);
});
