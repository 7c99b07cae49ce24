/** The demo's scenarios. Each is loaded when it is run: `--help` and refusals need their names alone. */
import type { Scenario } from './scenario.ts';

export interface ListedScenario {
  /** One line of `--help`. */
  readonly summary: string;
  load(): Promise<Scenario>;
}

export const SCENARIOS = {
  lifecycle: {
    summary: 'an instance is terminated: its node is drained, then its hook completed',
    load: async () => (await import('./scenarios/lifecycle.ts')).lifecycle,
  },
  blocked: {
    summary: 'a budget blocks the drain for an hour: what is suspended, and its cost',
    load: async () => (await import('./scenarios/blocked.ts')).blocked,
  },
  deadline: {
    summary: 'a budget never frees: one group forces, one waits, one retains',
    load: async () => (await import('./scenarios/deadline.ts')).deadline,
  },
  crash: {
    summary: 'the function is killed at random checkpoints: the end is the same',
    load: async () => (await import('./scenarios/crash.ts')).crash,
  },
  traffic: {
    summary: 'requests through three load balancers: none fails',
    load: async () => (await import('./scenarios/traffic.ts')).traffic,
  },
  drift: {
    summary: 'a new AMI is published: nodes of the old one are replaced',
    load: async () => (await import('./scenarios/drift.ts')).drift,
  },
  rotation: {
    summary: 'a cluster is rotated group by group, each replacement first',
    load: async () => (await import('./scenarios/rotation.ts')).rotation,
  },
  openstack: {
    summary: 'the guests of OpenStack compute hosts are migrated before a node goes',
    load: async () => (await import('./scenarios/openstack.ts')).openstack,
  },
  spot: {
    summary: 'a Spot instance is interrupted: two minutes for everything',
    load: async () => (await import('./scenarios/spot.ts')).spot,
  },
  storm: {
    summary: '200 nodes are let go within seconds: none lost, few at once',
    load: async () => (await import('./scenarios/storm.ts')).storm,
  },
} as const satisfies Readonly<Record<string, ListedScenario>>;

export type ScenarioName = keyof typeof SCENARIOS;

export function isScenario(name: string): name is ScenarioName {
  return Object.hasOwn(SCENARIOS, name);
}
