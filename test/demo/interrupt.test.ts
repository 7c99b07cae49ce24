/** The demo, ended by Ctrl-C: nothing of it is left. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const PROJECT = resolve(import.meta.dirname, '../..');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebb-interrupt-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each(['Synthesising', 'node isolated'])(
  'an interrupt after %j ends it with 130, and the temporary folder is empty',
  { timeout: 90_000 },
  async (said) => {
    const child = spawn(process.execPath, ['test/demo/demo.ts'], {
      cwd: PROJECT,
      env: { ...process.env, TMPDIR: folder },
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      const before = output.includes(said);
      output += chunk.toString();
      if (!before && output.includes(said)) child.kill('SIGINT');
    });
    const [status] = (await once(child, 'close')) as [number | null];
    expect([status, readdirSync(folder)]).toEqual([130, []]);
    expect(output).toMatch(/^Loading the scenario lifecycle …\n/);
  },
);
