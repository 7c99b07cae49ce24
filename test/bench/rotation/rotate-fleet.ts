/**
 * The rotation of a fleet, and what it took. The shipped bundles run on the embedded peers under the driven clock, so that
 * days pass in minutes.
 */
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SSMClient } from '@aws-sdk/client-ssm';
import { rotationControls } from '../../../lambdas/adapters/aws/rotation-controls.ts';
import { costOf } from '../../driving/retirement-cost.ts';
import { hasEnded } from '../../driving/termination.ts';
import { driveUntil } from '../../driving/timelapse.ts';
import { Installation, type LoggedEvent, type Step } from '../../installation.ts';
import type { Usage } from '../../peers/aws/lambda/durable/usage.ts';

const CLUSTER = 'shop';
const GROUPS = ['blue', 'green'] as const;
const BOOT_SECONDS = 45;

/** Clocks may differ by less: nodes that are so old count as old. */
const OLD_MS = 120_000;

const PODS_PER_NODE = 3;
const REPLICAS = 100;

export interface RotationCase {
  readonly nodes: number;
  readonly maxSurge: number;
  /** Stops the rotation once half of the nodes are new, and goes on with another version of the functions. */
  readonly stops: boolean;
}

export interface RotationMeasurement extends RotationCase {
  /** How each run of the rotation ended. */
  readonly results: readonly string[];
  readonly hours: number;
  /** Nodes that are old, and pods that were forced, at the end. */
  readonly left: number;
  readonly forced: number;
  /** Of the rotation's runs, each part by itself. */
  readonly parts: readonly Pick<Usage, 'operations' | 'storedBytes' | 'largestCheckpoint'>[];
  /** Of the retirement that has the most. */
  readonly retirement: Pick<Usage, 'operations' | 'storedBytes' | 'largestCheckpoint'>;
  readonly requests: {
    readonly kubernetes: number;
    /** Without checkpoints, which the platform makes; and the most of one action. */
    readonly aws: number;
    readonly mostOfAws: { readonly action: string; readonly count: number };
  };
  readonly dollars: number;
}

/** @param step told what is being done */
export async function rotateFleet(plan: RotationCase, step: Step = () => undefined): Promise<RotationMeasurement> {
  const groups = GROUPS.map((name) => ({ name }));
  const configuration = { rotation: true, clusters: [{ name: CLUSTER, groups, maxLeaving: '50%' }] };
  const installation = await Installation.start({ configuration, nodes: plan.nodes / GROUPS.length, step });
  try {
    const { aws, clock } = installation;
    await furnish(installation, plan.nodes);
    const before = GROUPS.flatMap((group) => aws.autoScaling.instanceIds(group));
    const began = clock.now();
    await rotate(installation, plan, step);
    const now = GROUPS.flatMap((group) => aws.autoScaling.instanceIds(group));
    const left = before.filter((instance) => now.includes(instance)).length;
    const hours = Math.round((clock.now() - began) / 36_000) / 100;
    return { ...plan, hours, left, ...measured(installation) };
  } finally {
    await installation.stop();
  }
}

async function furnish(installation: Installation, nodes: number): Promise<void> {
  const { kubernetes, clock, aws } = installation;
  installation.joinLaunched({ bootSeconds: BOOT_SECONDS });
  const names = GROUPS.flatMap((group) => aws.autoScaling.instanceIds(group)).map((each) => installation.nodeOf(each));
  const deployments = Math.max(1, Math.round((nodes * PODS_PER_NODE) / REPLICAS));
  const replicas = Math.min(REPLICAS, nodes * PODS_PER_NODE);
  for (let number = 0; number < deployments; number += 1) {
    const name = `web-${number}`;
    kubernetes.world.addDeployment({
      namespace: 'shop',
      name,
      replicas,
      nodes: names,
      startSeconds: 5,
      shutdownSeconds: 5,
    });
    kubernetes.world.addBudget({ namespace: 'shop', name, for: name, maxUnavailable: '10%' });
  }
  await kubernetes.settle();
  await clock.advance(OLD_MS);
}

async function rotate(installation: Installation, plan: RotationCase, step: Step): Promise<void> {
  const { aws } = installation;
  installation.onEvent((event) => {
    if (event.type === 'retirement.finished') step(`${finished(installation.events)} of ${plan.nodes} nodes`);
  });
  await request(installation, plan.maxSurge);
  if (plan.stops) {
    await driveUntil(installation, () => finished(installation.events) >= plan.nodes / 2);
    await stop(installation);
    await driveUntil(installation, () => hasEnded(installation));
    for (const { versions, aliases } of aws.lambda.functions.values()) {
      versions.add('2');
      for (const alias of aliases.keys()) aliases.set(alias, '2');
    }
    await request(installation, plan.maxSurge);
  }
  await driveUntil(installation, () => hasEnded(installation));
}

function finished(events: readonly LoggedEvent[]): number {
  return events.filter(({ type }) => type === 'retirement.finished').length;
}

/** Its clients sign by the time that is driven, which stands still until they are answered: a signature holds for minutes. */
function clientConfig(aws: Installation['aws']) {
  return { ...aws.clientConfig(), systemClockOffset: aws.clock.now() - Date.now() };
}

/** Asks the function for it, as a person would. */
async function request(installation: Installation, maxSurge: number): Promise<void> {
  const { aws } = installation;
  const client = new LambdaClient(clientConfig(aws));
  const invoke = new InvokeCommand({
    FunctionName: installation.functionNamed('ClusterRotation'),
    Qualifier: 'live',
    InvocationType: 'Event',
    Payload: JSON.stringify({ cluster: CLUSTER, maxSurge }),
  });
  await client.send(invoke);
  client.destroy();
}

/** Says that it is to stop, as the operator does. */
async function stop(installation: Installation): Promise<void> {
  const { aws, events } = installation;
  const started = events.find((event) => event.type === 'rotation.started');
  if (started?.type !== 'rotation.started') throw new Error('no rotation has started');
  const { environment } = aws.lambda.functions.get(installation.functionNamed('ClusterRotation')) ?? {};
  const client = new SSMClient(clientConfig(aws));
  const prefix = environment?.EBB_ROTATION_PARAMETERS ?? '';
  await rotationControls(client, prefix).want(started.rotation, 'stop');
  client.destroy();
}

function measured(installation: Installation) {
  const { aws, events, kubernetes } = installation;
  const rotation = installation.functionNamed('ClusterRotation');
  const usages = (isRotation: boolean): Usage[] =>
    aws.lambda.executions
      .filter(({ functionName }) => (functionName === rotation) === isRotation)
      .map(({ name }) => aws.lambda.durable.usage(name));
  const byRetirement = usages(false);
  const most = (of: (usage: Usage) => number): number => Math.max(...byRetirement.map(of));
  return {
    results: events.flatMap((event) => (event.type === 'rotation.finished' ? [event.result] : [])),
    forced: events.filter(({ type }) => type === 'pod.forced').length,
    parts: usages(true).map(({ operations, storedBytes, largestCheckpoint }) => ({
      operations,
      storedBytes,
      largestCheckpoint,
    })),
    retirement: {
      operations: most(({ operations }) => operations),
      storedBytes: most(({ storedBytes }) => storedBytes),
      largestCheckpoint: most(({ largestCheckpoint }) => largestCheckpoint),
    },
    requests: { kubernetes: kubernetes.requests.entries.length, ...awsRequests(installation) },
    dollars: costOf(installation).dollars,
  };
}

const PLATFORM = new Set(['CheckpointDurableExecution', 'GetDurableExecutionState']);

function awsRequests({ aws }: Installation): Pick<RotationMeasurement['requests'], 'aws' | 'mostOfAws'> {
  const counts = new Map<string, number>();
  for (const { action, function: name } of aws.requests) {
    if (name !== undefined && !PLATFORM.has(action)) counts.set(action, (counts.get(action) ?? 0) + 1);
  }
  const [action = '', count = 0] = [...counts].toSorted(([, one], [, other]) => other - one)[0] ?? [];
  return { aws: [...counts.values()].reduce((sum, each) => sum + each, 0), mostOfAws: { action, count } };
}
