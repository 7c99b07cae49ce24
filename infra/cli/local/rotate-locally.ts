/** `ebb rotate --local`: a rotation in this process (contract 10.7). */
import type { Command } from 'commander';
import {
  rotateCluster,
  type RotationInput,
  type RotationResult,
} from '../../../lambdas/entry/library/rotate-cluster.ts';
import { DONE, FAILED, type ExitStatus } from '../exit-status.ts';
import { outputColumns } from '../functions/function-command.ts';
import { rotationEnd } from '../reports/rotation-report.ts';
import { checkedRotation, wrongUsage } from '../read-rotation-options.ts';
import { commandToGoOn } from './go-on.ts';
import { interruption } from './interruption.ts';
import { localFailure } from './local-failure.ts';
import { localMeans } from './local-means.ts';
import type { LocalOptions } from './local-options.ts';
import { localTelling, type LocalTelling } from './local-telling.ts';

export async function rotateLocally(options: LocalOptions, command: Command): Promise<ExitStatus> {
  const { input, since } = read(options, command);
  const telling = localTelling(options.json === true);
  using stop = interruption({ first: () => finishing(telling), second: () => leaving(telling, since) });
  try {
    const rotated = await rotateCluster(input, {
      ...localMeans(input.cluster, options),
      since,
      signal: stop.signal,
      onEvent: (event) => {
        telling.event(event);
      },
      onProgress: (progress) => {
        telling.progress(progress);
      },
    });
    telling.end(rotated, endText(rotated));
    return rotated.result === 'done' || rotated.result === 'planned' ? DONE : FAILED;
  } catch (error) {
    telling.end({ result: 'failed', reason: localFailure(error) }, '');
    console.error(localFailure(error));
    return FAILED;
  }
}

/** Ends with wrong usage, and every fault. */
function read(options: LocalOptions, command: Command): { input: RotationInput; since: Date } {
  const { input, faults } = checkedRotation(options);
  const since = new Date(options.since ?? Date.now());
  wrongUsage(command, [...faults, ...faultsOfTime(since)]);
  return { input: input as RotationInput, since };
}

function faultsOfTime(since: Date): string[] {
  if (Number.isNaN(since.getTime())) return ['--since must be a time such as 2026-11-30T14:00:00Z'];
  return since.getTime() > Date.now() ? ['--since must not be in the future'] : [];
}

function finishing({ inHand }: LocalTelling): string {
  const what = inHand.length === 0 ? 'Nothing is in hand.' : `Finishing ${inHand.join(', ')}.`;
  return `Nothing new is begun. ${what} Ctrl-C again ends at once, and leaves them as they are.`;
}

function leaving({ inHand }: LocalTelling, since: Date): string {
  const left = inHand.length === 0 ? [] : [`Left in the middle, isolated: ${inHand.join(', ')}.`];
  return [...left, 'This finishes them and goes on:', `  ${commandToGoOn(since)}`].join('\n');
}

function endText({ result, reason, progress, since, surged }: RotationResult): string {
  const lines = [rotationEnd(result, progress, outputColumns())];
  if (result === 'planned') return lines.join('\n');
  lines.push(`Rotation ${result}${reason === undefined ? '.' : `: ${reason}`}`);
  if (surged !== undefined)
    lines.push(
      `Node group ${surged.group} had ${surged.base} instances before: aws autoscaling set-desired-capacity --auto-scaling-group-name ${surged.group} --desired-capacity ${surged.base}`,
    );
  if (result === 'failed' || result === 'stopped') lines.push('To go on:', `  ${commandToGoOn(since)}`);
  return lines.filter((line) => line !== '').join('\n');
}
