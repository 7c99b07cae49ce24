/** The operator's handler with one cluster of one node, and stand-ins for everything outside, for tests of its requests. */
import type { Context } from 'aws-lambda';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import type { Node } from '../../../lambdas/core/kubernetes/node.ts';
import type { Notice } from '../../../lambdas/core/notice/notice.ts';
import type { RotationOrder } from '../../../lambdas/core/rotation/rotation-order.ts';
import type { HttpAnswer } from '../../../lambdas/entry/http/answer.ts';
import { operatorHandler } from '../../../lambdas/entry/operator/operator-handler.ts';
import { parseConfiguration } from '../../../infra/configuration/parse-configuration.ts';
import type { OperatorPorts } from '../../../lambdas/workflow/operator/operator-ports.ts';
import type { Cluster } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { Control, RotationRun } from '../../../lambdas/workflow/ports/rotation.ts';
import { CALLER, urlEvent, type UrlRequest } from '../http/given.ts';

export const INSTANCE = 'i-0123456789abcdef0';
export const NODE = 'ip-10-0-1-23.ec2.internal';
export const CLUSTER = 'production';
const GROUP = 'workers';

export function aNode(given: Partial<Node> = {}): Node {
  return {
    name: NODE,
    uid: 'u1',
    providerId: `aws:///eu-central-1a/${INSTANCE}`,
    resourceVersion: '1',
    unschedulable: false,
    taints: [],
    labels: {},
    annotations: {},
    createdAt: 0,
    ...given,
  };
}

type Answer = HttpAnswer & { readonly content: Record<string, unknown> };

export class OperatorGiven {
  readonly events: DomainEvent[] = [];
  readonly rotations: { readonly name: string; readonly order: RotationOrder }[] = [];
  readonly retirements: { readonly name: string; readonly notice: Notice }[] = [];
  readonly controls = new Map<string, Control>();
  /** Runs of rotations, the latest last. */
  readonly runs: RotationRun[] = [];
  /** Names of the retirements that run. */
  readonly running: string[] = [];
  /** Nodes by cluster. */
  readonly nodes: Record<string, readonly Node[]> = { [CLUSTER]: [aNode()] };
  readonly #ports: Partial<OperatorPorts>;

  constructor(ports: Partial<OperatorPorts> = {}) {
    this.#ports = ports;
  }

  /** What the URL answers; `signedBy` is an operator unless told. */
  async ask(method: string, target: string, request: UrlRequest & { readonly json?: unknown } = {}): Promise<Answer> {
    const [path = '', query = ''] = target.split('?');
    const { json, ...others } = request;
    const sent =
      json === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(json) };
    const event = urlEvent({ signedBy: CALLER, method, path, query, ...sent, ...others });
    const answer = (await this.#handle(event)) as HttpAnswer;
    return { ...answer, content: JSON.parse(answer.body) as Record<string, unknown> };
  }

  /** What the function answers to an invocation. */
  async invoke(event: unknown): Promise<Record<string, unknown>> {
    return (await this.#handle(event)) as unknown as Record<string, unknown>;
  }

  #handle(event: unknown) {
    return operatorHandler(() => ({ ...this.#standIns(), ...this.#ports }))(event, {} as Context);
  }

  #standIns(): OperatorPorts {
    const names = Object.keys(this.nodes);
    const written = names.map((name) => ({ name, groups: [{ name: name === CLUSTER ? GROUP : `${name}-workers` }] }));
    const settings = parseConfiguration({ clusters: written }).clusters;
    return {
      home: { account: '123456789012', region: 'eu-central-1' },
      hookName: 'ebb-drain',
      settings: {
        names: () => Promise.resolve(names),
        cluster: (name) => Promise.resolve(settings.find((each) => each.name === name)),
      },
      clusters: { open: ({ name }) => Promise.resolve(clusterOf(this.nodes[name] ?? [])) },
      lifecycle: {
        membership: () => Promise.resolve({ group: GROUP, state: 'InService' }),
        groupTags: () => Promise.resolve({ [`kubernetes.io/cluster/${CLUSTER}`]: 'owned' }),
        hook: () => Promise.resolve(undefined),
      } as Partial<OperatorPorts['lifecycle']> as OperatorPorts['lifecycle'],
      instanceTags: { tagsOf: () => Promise.resolve({}) },
      groups: { enrolled: () => Promise.resolve([{ name: GROUP }] as never) },
      rotations: {
        start: (name, order) => {
          this.rotations.push({ name, order });
          return Promise.resolve('started');
        },
      },
      rotationHistory: {
        last: (cluster) => Promise.resolve(this.runs.findLast(({ order }) => order.request.cluster === cluster)),
        find: (id) => Promise.resolve(this.runs.findLast(({ order }) => order.id === id)),
      },
      controls: {
        wanted: (id) => Promise.resolve(this.controls.get(id) ?? 'go'),
        want: (id, control) => {
          this.controls.set(id, control);
          return Promise.resolve();
        },
      },
      retirements: {
        start: (name, notice) => {
          this.retirements.push({ name, notice });
          return Promise.resolve('started');
        },
      },
      running: { names: () => Promise.resolve(this.running) },
      retirementHistory: { ended: () => Promise.resolve([]) },
      results: { resultOf: () => Promise.resolve({ result: 'restored', reason: 'a budget blocked it' }) },
      journal: { report: (event) => void this.events.push(event) },
    };
  }
}

function clusterOf(nodes: readonly Node[]): Cluster {
  const cluster: Partial<Cluster> = {
    readNode: (name) => Promise.resolve(nodes.find((node) => node.name === name)),
    findNodes: (instance) => Promise.resolve(nodes.filter(({ providerId = '' }) => providerId.endsWith(instance))),
  };
  return cluster as Cluster;
}
