import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  Duration,
  Stack,
  aws_events as events,
  aws_events_targets as targets,
  aws_lambda as lambda,
} from 'aws-cdk-lib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { DrivenClock } from '../../clock.ts';
import { deployTemplate } from '../deployment/deploy.ts';
import { AwsPeer } from '../peer.ts';

const CODE = `
  export const handler = async (event, context) => {
    console.log(JSON.stringify({ type: event['detail-type'], time: event.time, arn: context.invokedFunctionArn }));
  };
`;

let folder: string;
let assembly: string;
let clock: DrivenClock;
let peer: AwsPeer;
let runs: { type: string; time: string; arn: string }[];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'aws-peer-schedule-'));
  const code = join(folder, 'code');
  mkdirSync(code);
  writeFileSync(join(code, 'index.mjs'), CODE);
  assembly = join(folder, 'cdk.out');
  const app = new App({ outdir: assembly, analyticsReporting: false, builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Sweep');
  const fn = new lambda.Function(stack, 'Sweeper', {
    runtime: lambda.Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(code),
  });
  const alias = new lambda.Alias(stack, 'Live', { aliasName: 'live', version: fn.currentVersion });
  new events.Rule(stack, 'Often', {
    schedule: events.Schedule.rate(Duration.minutes(5)),
    targets: [new targets.LambdaFunction(alias)],
  });
  app.synth();
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  clock = new DrivenClock({ stands: true });
  peer = await AwsPeer.start({ clock });
  runs = [];
  peer.lambda.onLog(({ line }) => runs.push(JSON.parse(line) as (typeof runs)[number]));
  deployTemplate(peer, assembly);
});
afterEach(async () => {
  await peer.stop();
});

test('a rule of a template runs its alias at its rate', async () => {
  const deployedAt = clock.now();
  await peer.driveUntil(() => runs.length === 3, { schedules: true });
  const minutes = runs.map(({ time }) => Math.round((Date.parse(time) - deployedAt) / 60_000));
  expect(minutes).toEqual([5, 10, 15]);
  expect(runs[0]?.type).toBe('Scheduled Event');
  expect(runs[0]?.arn).toMatch(/^arn:aws:lambda:eu-central-1:123456789012:function:.*:live$/);
});

test('a schedule is no pending work, and runs while other work is waited for', async () => {
  const started = clock.now();
  await expect(peer.driveUntil(() => false)).rejects.toThrow('nothing is left to happen');
  expect(clock.now() - started).toBeLessThan(60_000);
  let worked = false;
  peer.time.after(12 * 60_000, () => {
    worked = true;
  });
  await peer.driveUntil(() => worked);
  await peer.driveUntil(() => peer.lambda.invocations.idle);
  expect(runs).toHaveLength(2);
});

test('a rule that is disabled does not run', async () => {
  for (const rule of peer.eventBridge.rules) rule.enabled = false;
  await clock.advance(60 * 60_000);
  expect(peer.lambda.invocations.idle).toBe(true);
  expect(runs).toEqual([]);
});
