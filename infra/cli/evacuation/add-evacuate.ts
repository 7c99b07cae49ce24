/** The command `ebb evacuate`: its words and options. */
import type { Command } from 'commander';
import { addCommand, ending } from '../added-command.ts';
import { addEvacuationOptions, type EvacuationOptions } from './evacuation-options.ts';

export function addEvacuate(program: Command): void {
  const command = addCommand(program, 'evacuate', {
    summary: 'migrate the OpenStack guests of one compute host away',
    description:
      'Disables the nova-compute service of one host and migrates its guests away. The service stays disabled.',
    examples: [
      'hv-1 --function arn:aws:lambda:… --cluster production',
      'hv-1 --local --credentials clouds.yaml --hosts os:5000,os:8774',
    ],
  });
  addEvacuationOptions(command).action(
    ending(async (host: string, options: EvacuationOptions, given: Command) =>
      (await import('./evacuate.ts')).evacuate(host, options, given),
    ),
  );
}
