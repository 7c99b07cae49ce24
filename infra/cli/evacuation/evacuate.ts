/** `ebb evacuate`: one compute host, by the function in AWS or in this process (contract 11.4). */
import type { Command } from 'commander';
import { parseEvacuationRequest } from '../../../lambdas/core/openstack/evacuation-request.ts';
import type { EvacuationAnswer } from '../../../lambdas/workflow/openstack/evacuate-on-request.ts';
import { evacuationFields, faultsOfEvacuation, inOptions, type EvacuationOptions } from './evacuation-options.ts';
import { DONE, FAILED, type ExitStatus } from '../exit-status.ts';

/** @param host as the user named it */
export async function evacuate(host: string, options: EvacuationOptions, command: Command): Promise<ExitStatus> {
  const parsed = parseEvacuationRequest(evacuationFields(host, options));
  const faults = [...faultsOfEvacuation(options), ...('faults' in parsed ? parsed.faults.map(inOptions) : [])];
  if ('faults' in parsed || faults.length > 0) {
    command.error(faults.map((fault) => `error: ${fault}`).join('\n'));
  }
  const { request } = parsed;
  const answer = options.local
    ? await (await import('./evacuate-locally.ts')).evacuateLocally(request, options)
    : await (await import('./ask-evacuation.ts')).askEvacuation(request, options.function ?? '');
  if (answer === undefined) return FAILED;
  console.log(options.json ? JSON.stringify(answer) : reportOf(answer).join('\n'));
  return answer.result === 'evacuated' ? DONE : FAILED;
}

/** What became of the host, and of each guest that stays. */
function reportOf(answer: EvacuationAnswer): string[] {
  if ('faults' in answer) return answer.faults.map((fault) => `refused: ${fault}`);
  const { result, host = 'the host', reason, moved = 0, gone = 0, stayed = [] } = answer;
  if (reason !== undefined && stayed.length === 0 && result !== 'stopped') return [`${host}: ${result}: ${reason}`];
  const left = gone === 0 ? '' : `, ${gone} deleted meanwhile`;
  return [
    `${host}: ${result}; ${moved} moved${left}, ${stayed.length} stay`,
    ...stayed.map(({ name, guest, tenant, reason: why }) => `  ${name} (${guest}, project ${tenant}): ${why}`),
  ];
}
