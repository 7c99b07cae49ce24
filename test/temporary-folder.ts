/**
 * Temporary folders that do not outlive the process: what is left of them is removed when it exits. A signal that ends the
 * process without an exit skips that, so commands exit on Ctrl-C (test/command/command.ts).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set<string>();

/** @param name that it begins with @returns its path */
export function makeTemporaryFolder(name: string): string {
  if (folders.size === 0) process.once('exit', removeAll);
  const folder = mkdtempSync(join(tmpdir(), `${name}-`));
  folders.add(folder);
  return folder;
}

/** Removes it with all that is in it. */
export function removeTemporaryFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  folders.delete(folder);
  if (folders.size === 0) process.off('exit', removeAll);
}

function removeAll(): void {
  for (const folder of [...folders]) removeTemporaryFolder(folder);
}
