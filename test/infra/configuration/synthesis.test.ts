/** `cdk synth`, as a person runs it: nothing to find in the default configuration, every fault of a wrong one at once. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../../..');
const CDK = 'node_modules/aws-cdk/bin/cdk';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-synth-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function synth(...options: string[]): { status: number | null; output: string } {
  const command = [CDK, 'synth', '--quiet', '--output', join(folder, 'cdk.out'), ...options];
  const started = { cwd: PROJECT, encoding: 'utf8', timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, command, started);
  return { status, output: stdout + stderr };
}

describe('cdk synth', { timeout: 60_000 }, () => {
  test('succeeds on cdk.json, with no finding of cdk-nag', () => {
    const { status, output } = synth();
    expect(output).not.toMatch(/AwsSolutions-|Serverless-/);
    expect(output).toContain('Old nodes of production are marked and not replaced. Ebb looks only');
    expect(status).toBe(0);
  });

  test('succeeds without any group by name, and says nothing of looking where a budget has been set', () => {
    const file = join(folder, 'by-tag.json');
    const clusters = [
      { name: 'blue', groups: [], budget: { nodes: 1 } },
      { name: 'green', budget: { nodes: '5%' } },
    ];
    writeFileSync(file, JSON.stringify({ clusters }));
    const { status, output } = synth('-c', `ebb=${file}`);
    expect(output).not.toMatch(/AwsSolutions-|Serverless-|Ebb looks only/);
    expect(status).toBe(0);
  });

  test('of a wrong file fails and names every fault, without a stack trace', () => {
    const file = join(folder, 'wrong.json');
    const clusters = [{ name: 'no spaces', groups: [{ name: 'a', heartbeatTimeoutSeconds: 5 }], drian: {} }];
    writeFileSync(file, JSON.stringify({ hookName: '?', clusters }));
    const { status, output } = synth('-c', `ebb=${file}`);
    expect(status).toBe(1);
    expect(output).toContain('ebb.hookName: must be a lifecycle hook name');
    expect(output).toContain('ebb.clusters[0].name: must be a cluster name');
    expect(output).toContain('ebb.clusters[0].groups[0].heartbeatTimeoutSeconds: ');
    expect(output).toContain('ebb.clusters[0].drian: is no field: did you mean drain?');
    expect(output).not.toMatch(/^\s+at .*infra\//m);
  });

  test('of a file that gives its installation no name warns of what it would replace', () => {
    const file = join(folder, 'unnamed.json');
    const clusters = [{ name: 'staging', groups: [{ name: 'a' }] }];
    writeFileSync(file, JSON.stringify({ clusters }));
    const { status, output } = synth('-c', `ebb=${file}`);
    expect(status).toBe(0);
    expect(output.replaceAll(/\s+/g, ' ')).toContain(
      'unnamed.json gives its installation no name: deployed, it replaces the stack Ebb',
    );
  });

  test('of more groups than AWS takes fails and names limit, field and remedy (contract 14.2)', () => {
    const file = join(folder, 'many.json');
    const groups = Array.from({ length: 500 }, (_, index) => ({ name: `workers-${index}` }));
    writeFileSync(file, JSON.stringify({ name: 'many', clusters: [{ name: 'staging', groups }] }));
    const { status, output } = synth('-c', `ebb=${file}`);
    expect(status).toBe(1);
    expect(output.replaceAll(/\s+/g, ' ')).toMatch(
      /CloudFormation takes 500 resources in a template.*ebb\.clusters\[\]\.groups: name fewer groups, and enrol the others by the tag ebb\/managed/,
    );
  });

  test('of a file that is not there says so', () => {
    const { status, output } = synth('-c', 'ebb=/nowhere.json');
    expect(status).toBe(1);
    expect(output).toContain('/nowhere.json cannot be read: ENOENT');
  });
});
