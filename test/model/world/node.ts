/** The node's object in the cluster: who marks it, and what becomes of it. */
import type { NodePatch } from '../../../lambdas/core/node/marks.ts';
import type { Node, Taint } from '../../../lambdas/core/kubernetes/node.ts';
import { aNode, HOUR, NOON, SECOND, TAINT_KEY } from '../../given.ts';
import { INSTANCE, NODE, OTHER_INSTANCE } from './names.ts';
import type { NodeGiven } from '../run/scenario.ts';
import type { World } from './world.ts';

/** When a node that joins late does so. */
const LATE_MS = 12 * SECOND;

/** The cloud controller removes the node of an instance that is gone after so long. */
const NODE_OF_NO_INSTANCE_MS = 60 * SECOND;

/** The pods of a node that is gone are collected after so long. */
const PODS_OF_NO_NODE_MS = 40 * SECOND;

export class ModelNode {
  readonly #world: World;
  object: Node | undefined;
  /** Its kubelet ends pods. */
  isAlive = true;
  /** When its marks were last taken off, epoch milliseconds. */
  isolationLostAt = -Infinity;
  #version = 41;

  constructor(world: World) {
    const { faults, scenario } = world;
    this.#world = world;
    if (scenario.node.joins === 'before') this.#join();
    if (scenario.node.joins === 'late')
      setTimeout(() => {
        this.#join();
      }, LATE_MS);
    faults.when('kubelet dies', () => {
      this.kubeletDies();
    });
    faults.when('isolation taken off', () => {
      this.#losesIsolation(({ taints, ...node }) => ({
        ...node,
        unschedulable: false,
        taints: taints.filter(({ key }) => key !== TAINT_KEY),
      }));
    });
    faults.when('node registered anew', () => {
      this.#losesIsolation(() => aNode({ name: NODE, uid: 'uid of the new node', providerId: providerId(INSTANCE) }));
    });
    faults.when('node deleted', () => {
      this.#isDeleted();
    });
    faults.when('node replaced', () => {
      this.#isReplaced();
    });
  }

  kubeletDies(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    if (this.object !== undefined) this.#write({ ...this.object, notReadySince: Date.now() });
    this.#world.workloads.areLeftAlone();
  }

  losesItsMachine(): void {
    setTimeout(() => {
      this.#isDeleted();
    }, NODE_OF_NO_INSTANCE_MS);
  }

  /** It stands for the instance that is to go. */
  get isOurs(): boolean {
    return this.object?.providerId === providerId(INSTANCE);
  }

  patch(patch: NodePatch): 'patched' | 'conflict' | 'gone' {
    const before = this.object;
    if (before === undefined) return 'gone';
    if (this.#world.faults.nextConflicts()) this.#isWrittenByAnother(before);
    if (this.object?.resourceVersion !== patch.metadata.resourceVersion) return 'conflict';
    const { labels, annotations } = patch.metadata;
    this.#write({
      ...before,
      unschedulable: patch.spec.unschedulable === undefined ? before.unschedulable : patch.spec.unschedulable === true,
      taints: patch.spec.taints,
      labels: merged(before.labels, labels),
      annotations: merged(before.annotations, annotations),
    });
    return 'patched';
  }

  #join(): void {
    this.object = { ...aNode({ name: NODE, providerId: providerId(INSTANCE) }), ...marksOf(this.#world.scenario.node) };
  }

  #write(node: Node): void {
    this.#version += 1;
    this.object = { ...node, resourceVersion: String(this.#version) };
  }

  #isWrittenByAnother(node: Node): void {
    const taint: Taint = { key: `foreign-${this.#version}`, effect: 'PreferNoSchedule' };
    this.#write({ ...node, taints: [...node.taints, taint] });
  }

  #losesIsolation(change: (node: Node) => Node): void {
    if (this.object === undefined || !this.isOurs || !this.isAlive) return;
    this.#write(change(this.object));
    this.isolationLostAt = Date.now();
  }

  #isDeleted(): void {
    if (!this.isOurs) return;
    this.object = undefined;
    setTimeout(() => {
      this.#world.workloads.areCollected();
    }, PODS_OF_NO_NODE_MS);
  }

  /** The machine is gone, and another has its name: none of its marks, and pods of its own. */
  #isReplaced(): void {
    if (this.object === undefined) return;
    this.#world.machine.status = 'terminated';
    this.#write(aNode({ name: NODE, uid: 'uid of the other node', providerId: providerId(OTHER_INSTANCE) }));
    this.#world.workloads.areCollected();
    this.#world.workloads.comeToOtherMachine();
  }
}

function providerId(instance: string): string {
  return `aws:///eu-central-1a/${instance}`;
}

function marksOf({
  cordoned,
  marked,
  leftover,
}: NodeGiven): Pick<Node, 'unschedulable' | 'taints' | 'labels' | 'annotations'> {
  const ownership = {
    execution: 'a-retirement-that-has-ended',
    kind: 'asg-terminate',
    since: new Date(NOON - HOUR).toISOString(),
    deadline: new Date(NOON - HOUR / 2).toISOString(),
    cordonedByUs: !cordoned,
    labelledByUs: true,
  };
  return {
    unschedulable: cordoned || leftover,
    taints: [
      ...(marked ? [{ key: 'dedicated', value: 'batch', effect: 'NoSchedule' }] : []),
      ...(leftover ? [{ key: TAINT_KEY, value: 'asg-terminate', effect: 'NoSchedule' }] : []),
    ],
    labels: { 'kubernetes.io/os': 'linux', ...(marked && { team: 'shop' }), ...(leftover && { 'ebb/retiring': 'x' }) },
    annotations: leftover ? { 'ebb/retirement': JSON.stringify(ownership) } : {},
  };
}

function merged(
  before: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const after: Record<string, string> = { ...before };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(after, key);
    else after[key] = value;
  }
  return after;
}
