/** The commands that ask a function: what they ask, print, and say when they cannot. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { driftAnswer } from '../../../lambdas/core/drift/answer.ts';
import { AwsGiven } from '../../adapters/aws/given.ts';
import { aDriftedNode, aDriftReport, aGroupReport, aSweepReport, aSweptNode, nodeName } from './given.ts';

const PROJECT = resolve(import.meta.dirname, '../../..');

/** Answers what its environment says, if it is asked for a dry run. */
const FUNCTION = `
  export const handler = async (event) => {
    if (event.dryRun !== true || Object.keys(event).length !== 1) throw new RangeError('not a dry run: ' + JSON.stringify(event));
    if (process.env.FAIL) throw new TypeError(process.env.FAIL);
    return JSON.parse(process.env.ANSWER);
  };
`;

const DRIFT = [aDriftReport({ groups: [aGroupReport()], nodes: [aDriftedNode()] }), aDriftReport({ cluster: 'other' })];
const SWEEP = [aSweepReport(aSweptNode())];

let given: AwsGiven;
let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'dry-run-'));
  writeFileSync(join(directory, 'index.mjs'), FUNCTION);
  given = await AwsGiven.start();
  const answers = {
    drift: { ANSWER: DRIFT.map(driftAnswer) },
    sweep: { ANSWER: SWEEP },
    other: { ANSWER: { kind: 'routed' } },
    away: { ANSWER: [...SWEEP, { ...aSweepReport(), cluster: 'far', away: 'its API does not answer' }] },
  };
  for (const [name, { ANSWER: answer }] of Object.entries(answers))
    addFunction(name, { ANSWER: JSON.stringify(answer) });
  addFunction('failing', { FAIL: 'no such parameter' });
});

afterAll(async () => {
  await given[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

function addFunction(name: string, environment: Record<string, string>): void {
  given.aws.lambda.addFunction({ name, directory, environment });
}

describe('ebb drift', () => {
  test('prints the report for people, 80 columns wide where there is no terminal', async () => {
    const { code, stdout } = await run(['drift', '--function', 'drift']);
    expect(code).toBe(0);
    expect(stdout).toContain('1 of 50 nodes in 1 group has drifted: 1 goes now.');
    expect(stdout).toContain(`${nodeName(1)}  eu-central-1a  now`);
    expect(stdout).toContain('Cluster other');
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  });

  test('prints a line of JSON for each cluster', async () => {
    const { code, stdout } = await run(['drift', '--function', 'drift', '--json']);
    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(DRIFT);
  });
});

test('ebb sweep prints the report for people', async () => {
  const { code, stdout } = await run(['sweep', '--function', 'sweep']);
  expect(code).toBe(0);
  expect(stdout).toContain('1 node bears a drain taint: 1 starts now.');
});

test.each([[[]], [['--json']]])(
  'ebb sweep %j prints what it knows, and ends with 1, if a cluster is away',
  async (flags) => {
    const { code, stdout, stderr } = await run(['sweep', '--function', 'away', ...flags]);
    expect([code, stderr]).toEqual([1, 'Cluster far could not be looked at.\n']);
    expect(stdout).toContain(nodeName(1));
    expect(stdout).toContain('its API does not answer');
  },
);

describe('what goes wrong is told with what to do', () => {
  test.each<[string, [command: string, ...args: string[]], number, string[]]>([
    [
      'no function of that name',
      ['drift', '--function', 'gone'],
      1,
      ['not found: ', 'Output DriftFunction', 'AWS_REGION'],
    ],
    [
      'a function that fails',
      ['drift', '--function', 'failing'],
      1,
      ['failing failed: TypeError: no such parameter', 'log'],
    ],
    ['a function that is another', ['drift', '--function', 'other'], 1, ['is it the drift tainter?']],
    ['the sweep’s function for the drift tainter', ['drift', '--function', 'sweep'], 1, ['is it the drift tainter?']],
    [
      'no retirement function of that name',
      ['retirements', '--function', 'gone'],
      1,
      ['not found: ', 'Output RetirementFunction', 'AWS_REGION'],
    ],
    ['the drift tainter for the sweep’s function', ['sweep', '--function', 'drift'], 1, ['is it the sweep?']],
  ])('%s', async (_what, [command, ...args], expected, words) => {
    const { code, stdout, stderr } = await run([command, ...args]);
    expect([code, stdout]).toEqual([expected, '']);
    for (const word of words) expect(stderr).toContain(word);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('a right that is missing', async () => {
    const { accessKeyId, secretAccessKey, sessionToken } = given.credentialsFor();
    const { code, stderr } = await run(['drift', '--function', 'drift'], {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    });
    expect(code).toBe(1);
    expect(stderr).toContain('not authorized to perform: lambda:InvokeFunction');
    expect(stderr).toContain('Give whoever runs this the right lambda:InvokeFunction on drift.');
  });

  test.each([
    ['credentials that AWS does not take', { AWS_ACCESS_KEY_ID: 'AKIAUNKNOWN' }, 'log in again'],
    ['no region', { AWS_REGION: '', AWS_CONFIG_FILE: '/nowhere' }, 'Set AWS_REGION'],
  ])('%s', async (_what, environment, fix) => {
    for (const command of ['drift', 'retirements']) {
      const { code, stderr } = await run([command, '--function', 'drift'], environment);
      expect(code).toBe(1);
      expect(stderr).toContain(fix);
    }
  });
});

/** The command of `ebb`, as the administrator unless told. */
function run(
  [command, ...args]: readonly [command: string, ...args: string[]],
  environment: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = { ...process.env, ...given.aws.environment(), ...environment };
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['infra/cli/ebb.js', command, ...args],
      { cwd: PROJECT, env },
      (error, stdout, stderr) => {
        done({ code: Number(error?.code ?? 0), stdout, stderr });
      },
    );
  });
}
