/** Temporary folders of a process that ends early. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder.ts';

test('a folder is made, and removed with all that is in it', () => {
  const folder = makeTemporaryFolder('ebb-test');
  expect(existsSync(folder)).toBe(true);
  removeTemporaryFolder(folder);
  expect(existsSync(folder)).toBe(false);
});

const MODULES = {
  command: join(import.meta.dirname, 'command/command.ts'),
  folder: join(import.meta.dirname, 'temporary-folder.ts'),
};

/** A command that makes a folder, says where, and then works for a minute. */
const PROGRAM = `
  const { runCommand } = await import(${JSON.stringify(MODULES.command)});
  const { makeTemporaryFolder } = await import(${JSON.stringify(MODULES.folder)});
  process.exitCode = await runCommand('test', '', async () => {
    process.stdout.write(makeTemporaryFolder('ebb-test'));
    await new Promise((resolve) => setTimeout(resolve, 60_000));
    return 0;
  });
`;

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('a command that %s ends leaves none, and exits with %i', async (signal, status) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM]);
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
  const folder = chunk.toString();
  expect(existsSync(folder)).toBe(true);
  child.kill(signal);
  const [code] = (await once(child, 'close')) as [number];
  expect([code, existsSync(folder)]).toEqual([status, false]);
});
