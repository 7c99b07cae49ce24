/** Classic load balancers, which list their instances themselves: Elastic Load Balancing of API version 1. */
import {
  DeregisterInstancesFromLoadBalancerCommand,
  DescribeInstanceHealthCommand,
  DescribeLoadBalancerAttributesCommand,
  paginateDescribeLoadBalancers,
  RegisterInstancesWithLoadBalancerCommand,
  type DescribeLoadBalancersCommandInput,
  type ElasticLoadBalancingClient,
  type InstanceState,
  type LoadBalancerDescription,
} from '@aws-sdk/client-elastic-load-balancing';
import { isOwnHealthPort, type Registration, type Target, type TargetPool } from '../../core/traffic/target-pool.ts';
import { askInBatches, batchesOf } from '../aws/batches.ts';
import { deregisterAll, TARGETS_PER_CALL } from './deregistration.ts';
import { refusedAs, unless } from '../aws/refusals.ts';

/** The most that one call describes, by page and by name (AWS publishes the latter for tags only). */
const BALANCERS_PER_PAGE = 400;
const NAMED_PER_CALL = 20;

/** The most instances that are checked for draining. Each needs a call of its own: one that is gone spoils a call. */
const FEW_WANTED = 10;

const isGone = refusedAs('AccessPointNotFoundException', 'LoadBalancerNotFoundException');
const isInvalid = refusedAs('InvalidEndPointException', 'InvalidInstance');

export class ClassicLoadBalancers {
  readonly #client: ElasticLoadBalancingClient;

  constructor(client: ElasticLoadBalancingClient) {
    this.#client = client;
  }

  async named(names: readonly string[]): Promise<TargetPool[]> {
    const found = await askInBatches(names, { size: NAMED_PER_CALL, isGone }, (some) =>
      this.#describe({ LoadBalancerNames: [...some] }),
    );
    return await this.#poolsOf(found);
  }

  async inVpc(vpc: string): Promise<TargetPool[]> {
    const all = await this.#describe({ PageSize: BALANCERS_PER_PAGE });
    return await this.#poolsOf(all.filter(({ VPCId }) => VPCId === vpc));
  }

  async targets({ id: name }: TargetPool, wanted: readonly string[] = []): Promise<Target[]> {
    const states = await unless(isGone, () => this.#statesOf(name));
    if (states === undefined) return [];
    const registered = states.flatMap(targetOf);
    const listed = new Set(registered.map(({ id }) => id));
    const unlisted = wanted.filter((id) => !listed.has(id));
    return [...registered, ...(unlisted.length > FEW_WANTED ? [] : await this.#stillDraining(name, unlisted))];
  }

  async deregister(pool: TargetPool, leaving: readonly Target[]): Promise<void> {
    const send = async (targets: readonly Target[]): Promise<unknown> => {
      const request = { LoadBalancerName: pool.id, Instances: named(targets) };
      return await this.#client.send(new DeregisterInstancesFromLoadBalancerCommand(request));
    };
    await unless(isGone, () => deregisterAll(leaving, { send, look: () => this.targets(pool), isInvalid }));
  }

  async register({ id: name }: TargetPool, coming: readonly Registration[]): Promise<void> {
    for (const batch of batchesOf(coming, TARGETS_PER_CALL)) {
      const command = new RegisterInstancesWithLoadBalancerCommand({ LoadBalancerName: name, Instances: named(batch) });
      await unless(isGone, () => this.#client.send(command));
    }
  }

  async #describe(by: DescribeLoadBalancersCommandInput): Promise<LoadBalancerDescription[]> {
    const all: LoadBalancerDescription[] = [];
    const pages = paginateDescribeLoadBalancers({ client: this.#client }, by);
    for await (const { LoadBalancerDescriptions = [] } of pages) all.push(...LoadBalancerDescriptions);
    return all;
  }

  async #poolsOf(found: readonly LoadBalancerDescription[]): Promise<TargetPool[]> {
    return await askInBatches(found, { size: 1, isGone }, async ([balancer = {}]) => {
      const { LoadBalancerName: name = '' } = balancer;
      const drainSeconds = await this.#drainSecondsOf(name);
      const ownHealthPort = hasOwnHealthPort(balancer) && ({ ownHealthPort: true } as const);
      return [{ kind: 'classic', id: name, name, by: 'instance', drainSeconds, controlled: false, ...ownHealthPort }];
    });
  }

  async #drainSecondsOf(name: string): Promise<number> {
    const answer = await this.#client.send(new DescribeLoadBalancerAttributesCommand({ LoadBalancerName: name }));
    const { Enabled = false, Timeout = 0 } = answer.LoadBalancerAttributes?.ConnectionDraining ?? {};
    return Enabled ? Timeout : 0;
  }

  /** @param instances @default all that are registered */
  async #statesOf(name: string, instances?: readonly string[]): Promise<InstanceState[]> {
    const Instances = instances?.map((InstanceId) => ({ InstanceId }));
    const answer = await this.#client.send(new DescribeInstanceHealthCommand({ LoadBalancerName: name, Instances }));
    return answer.InstanceStates ?? [];
  }

  async #stillDraining(name: string, instances: readonly string[]): Promise<Target[]> {
    const isUnknown = (error: unknown): boolean => isGone(error) || isInvalid(error);
    const states = await askInBatches(instances, { size: 1, isGone: isUnknown }, (ids) => this.#statesOf(name, ids));
    return states.filter(mayDrain).map(({ InstanceId: id = '' }) => ({ id, state: 'draining', healthy: false }));
  }
}

/** Whether its health check has a port of its own. The target is `HTTP:30123/healthz`, `TCP:80` and the like. */
function hasOwnHealthPort({ HealthCheck, ListenerDescriptions = [] }: LoadBalancerDescription): boolean {
  const port = /^\w+:(\d+)/.exec(HealthCheck?.Target ?? '')?.[1];
  const ports = ListenerDescriptions.map(({ Listener }) => String(Listener?.InstancePort));
  return port !== undefined && isOwnHealthPort(port, ports);
}

function named(targets: readonly Registration[]): { InstanceId: string }[] {
  return targets.map(({ id }) => ({ InstanceId: id }));
}

/** Reads the target. `Unknown` counts as registered: it stands for an error of AWS that passes. */
function targetOf(instance: InstanceState): Target[] {
  const { InstanceId: id = '', State, Description = '' } = instance;
  if (/not currently registered/i.test(Description)) return [];
  if (isDraining(instance)) return [{ id, state: 'draining', healthy: false }];
  return [{ id, state: 'registered', healthy: State === 'InService' }];
}

/** The state stays `InService`; only the text says so (user guide for Classic Load Balancers, connection draining). */
function isDraining({ Description = '' }: InstanceState): boolean {
  return /deregistration currently in progress/i.test(Description);
}

/** Whether an instance that was deregistered may still drain. */
function mayDrain(instance: InstanceState): boolean {
  return isDraining(instance) || /transient error/i.test(instance.Description ?? '');
}
