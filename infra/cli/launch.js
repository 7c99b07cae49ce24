/**
 * Starts a TypeScript file under the Node that Ebb needs, from any Node. It is JavaScript, because an older Node cannot
 * read TypeScript.
 *
 * Node 24 comes as the dev dependency `node`. If it is missing, one sentence says which command installs it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first major version that runs Ebb's TypeScript as it is. */
const NEEDED = 24;

/** Signals that are sent to this process alone. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const PROJECT = join(fileURLToPath(import.meta.url), '../../..');

/**
 * Runs the file with this process's arguments, input and output. This process ends as the file's does: with its exit
 * status, or by its signal.
 *
 * @param {URL} file the TypeScript file
 */
export async function launch(file) {
  const installed = folderOfNode();
  if (!existsSync(file)) {
    refuse('This package has the library alone. The command line needs a clone of the project, and npm ci in it.');
  } else if (installed === undefined) {
    refuse(`Ebb's packages are not installed. Run npm ci in ${PROJECT} first.`);
  } else if (Number.parseInt(process.versions.node, 10) >= NEEDED) {
    await import(file.href);
  } else {
    const node = join(installed, 'bin', 'node');
    if (existsSync(node)) spawnUnder(node, file);
    else refuse(`${needed()}, and npm has installed it without its program. Run npm rebuild node in ${PROJECT} first.`);
  }
}

/** Returns the folder of Node 24; undefined if the packages are not installed. */
function folderOfNode() {
  try {
    return dirname(createRequire(import.meta.url).resolve('node/package.json'));
  } catch {
    return undefined;
  }
}

/** @param {string} node path of the program @param {URL} file */
function spawnUnder(node, file) {
  const child = spawn(node, [fileURLToPath(file), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of SIGNALS) process.on(signal, () => passOn(signal, child));
  child.on('error', ({ message }) => {
    refuse(
      `${needed()}, and the one that npm has installed does not start (${message}). Run npm ci in ${PROJECT} first.`,
    );
  });
  child.on('exit', (status, signal) => {
    process.exitCode = status ?? 128 + constants.signals[signal];
    if (signal === null) return;
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** @param {NodeJS.Signals} signal @param {import('node:child_process').ChildProcess} child */
function passOn(signal, child) {
  // A terminal sends Ctrl-C to both. A second one would tell the child not to finish.
  if (signal === 'SIGINT' && process.stdin.isTTY) return;
  child.kill(signal);
}

function needed() {
  return `Ebb needs Node ${NEEDED}, this is Node ${process.versions.node}`;
}

/** @param {string} sentence */
function refuse(sentence) {
  console.error(sentence);
  process.exitCode = 1;
}
