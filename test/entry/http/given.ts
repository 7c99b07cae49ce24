/** The endpoint's handler with one instance in one target group, for tests of its requests and answers. */
import type { Context, LambdaFunctionURLEvent } from 'aws-lambda';
import type { DomainEvent } from '../../../lambdas/core/events/domain-event.ts';
import type { Target, TargetPool } from '../../../lambdas/core/traffic/target-pool.ts';
import { drain } from '../../../lambdas/entry/http/drain.ts';
import type { HttpAnswer } from '../../../lambdas/entry/http/answer.ts';
import { routes } from '../../../lambdas/entry/http/routes.ts';
import { doorkeeper, type Doorkeeper } from '../../../lambdas/entry/http/secret.ts';
import type { FoundInstance, InstanceFinder } from '../../../lambdas/workflow/ports/ec2.ts';
import type { LoadBalancing } from '../../../lambdas/workflow/ports/load-balancing.ts';

export const INSTANCE = 'i-0123456789abcdef0';
export const ADDRESS = '10.0.1.23';
export const VPC = 'vpc-0123456789abcdef0';
export const CALLER = 'arn:aws:iam::123456789012:user/operator';

export const POOL: TargetPool = {
  kind: 'target group',
  id: 'arn:aws:elasticloadbalancing:eu-central-1:123456789012:targetgroup/web/0123456789abcdef',
  name: 'web',
  by: 'instance',
  drainSeconds: 300,
  controlled: false,
};

export interface UrlRequest {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly isBase64Encoded?: boolean;
  /** Absent: nobody has signed. */
  readonly signedBy?: string | undefined;
}

/** In payload format 2.0, as Lambda makes it of a request to a function URL. */
export function urlEvent(given: UrlRequest): LambdaFunctionURLEvent {
  const { method = 'POST', path = '/drain', query = '', headers = {}, body, isBase64Encoded = false } = given;
  const http = { method, path, protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'curl/8.5.0' };
  const authorizer = given.signedBy === undefined ? {} : { authorizer: { iam: { userArn: given.signedBy } } };
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: path,
    rawQueryString: query,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    requestContext: { http, ...authorizer } as unknown as LambdaFunctionURLEvent['requestContext'],
    ...(body !== undefined && { body }),
    isBase64Encoded,
  };
}

interface Parts {
  readonly doorkeeper?: Doorkeeper;
  readonly found?: readonly FoundInstance[];
  readonly balancing?: Partial<LoadBalancing>;
  readonly finder?: InstanceFinder;
  readonly pool?: Partial<TargetPool>;
}

/** Knows the instance by id and address; its target group still has it until it is deregistered. */
export class EndpointGiven {
  readonly events: DomainEvent[] = [];
  readonly deregistered: Target[] = [];
  #targets: Target[] = [{ id: INSTANCE, port: 8080, state: 'registered', healthy: true }];
  readonly #parts: Parts;

  constructor(parts: Parts = {}) {
    this.#parts = parts;
  }

  /** What the URL answers; `signedBy` is an operator unless told. */
  async ask(request: UrlRequest): Promise<HttpAnswer & { readonly content: Record<string, unknown> }> {
    const { doorkeeper: door = doorkeeper({ kind: 'iam' }), finder = this.#finder() } = this.#parts;
    const ports = {
      finder,
      balancing: { ...this.#balancing(), ...this.#parts.balancing },
      allowedVpcs: () => Promise.resolve(new Set([VPC])),
      doorkeeper: door,
      journal: { report: (event: DomainEvent) => void this.events.push(event) },
    };
    const handler = routes((event) => drain(event, ports));
    const event = urlEvent({ signedBy: CALLER, ...request });
    const answer = await handler(event, {} as Context);
    return { ...answer, content: JSON.parse(answer.body) as Record<string, unknown> };
  }

  /** Its targets have drained. */
  settle(): void {
    this.#targets = this.#targets.filter(({ state }) => state !== 'draining');
  }

  #finder(): InstanceFinder {
    const instance = { instance: INSTANCE, vpc: VPC, addresses: [ADDRESS], tags: {} };
    const { found = [instance] } = this.#parts;
    return {
      find: (by) =>
        Promise.resolve(
          found.filter((each) => ('id' in by ? each.instance === by.id : each.addresses.includes(by.ip))),
        ),
    };
  }

  #balancing(): LoadBalancing {
    return {
      poolsNamed: () => Promise.resolve(1),
      pools: () => Promise.resolve([{ ...POOL, ...this.#parts.pool }]),
      targets: () => Promise.resolve(this.#targets),
      deregister: (_pool, targets) => {
        this.deregistered.push(...targets);
        this.#targets = this.#targets.map((target) =>
          targets.includes(target) ? { ...target, state: 'draining', healthy: false } : target,
        );
        return Promise.resolve();
      },
      serving: () => Promise.reject(new Error('the endpoint asks for no zonal shift')),
      isTaggedFor: () => Promise.resolve(true),
      register: () => Promise.reject(new Error('the endpoint only takes out')),
    };
  }
}
