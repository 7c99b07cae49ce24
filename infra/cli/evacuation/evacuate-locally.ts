/** `ebb evacuate --local`: one host's evacuation in this process, with the user's own credentials (contract 11.4). */
import { readFileSync } from 'node:fs';
import { readCredentials } from '../../../lambdas/adapters/openstack/credentials.ts';
import { clouds } from '../../../lambdas/adapters/openstack/clouds.ts';
import type { EvacuationRequest } from '../../../lambdas/core/openstack/evacuation-request.ts';
import { clusterSchema } from '../../../lambdas/core/settings/cluster-settings.ts';
import { memoryRun } from '../../../lambdas/entry/library/memory-run.ts';
import { runEvacuation, type EvacuationResult } from '../../../lambdas/workflow/openstack/run-evacuation.ts';
import type { Clusters } from '../../../lambdas/workflow/ports/kubernetes.ts';
import type { EvacuationOptions } from './evacuation-options.ts';
import { lineOfEvent } from '../reports/event-lines.ts';
import { environmentCloud } from './environment-cloud.ts';

/** In place of names of secrets: the files and variables that the user has named. */
const CREDENTIALS = 'of --credentials or the environment';
const AUTHORITY = 'of --ca';

/** An evacuation on this machine needs no cluster: its host is named. */
const NO_CLUSTERS: Clusters = { open: () => Promise.reject(new Error('a host is named, not a node')) };

/** @returns undefined when it could not begin, which is printed */
export async function evacuateLocally(
  request: EvacuationRequest,
  options: EvacuationOptions,
): Promise<EvacuationResult | undefined> {
  try {
    const text = options.credentials === undefined ? environmentCloud(process.env) : read(options.credentials);
    const settings = settingsFor(request, text, options);
    const secrets: Record<string, string> = {
      [CREDENTIALS]: text,
      ...(options.ca && { [AUTHORITY]: read(options.ca) }),
    };
    return await runEvacuation(request, 'ebb evacuate --local', {
      home: { account: '', region: '' },
      settings: { cluster: () => Promise.resolve(settings), names: () => Promise.resolve([settings.name]) },
      clusters: NO_CLUSTERS,
      clouds: clouds((id) => Promise.resolve(secrets[id] ?? '')),
      run: memoryRun(),
      journal: {
        report(event) {
          const line = lineOfEvent(event);
          if (options.json) console.log(JSON.stringify(event));
          else if (line)
            console.error([line.verb, line.text, line.detail].filter((part) => part !== undefined).join(' '));
        },
      },
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? 'unknown';
    throw new Error(`${file} cannot be read (${code})`, { cause });
  }
}

type Local = ReturnType<typeof clusterSchema.parse>;

/** @throws Error naming what is wrong with the credentials or the options */
function settingsFor(request: EvacuationRequest, text: string, options: EvacuationOptions): Local {
  const reading = readCredentials(text, options.cloud);
  if ('faults' in reading) throw new Error(`the credentials are wrong: ${reading.faults.join('; ')}`);
  const hosts = options.hosts?.split(',') ?? [new URL(reading.credentials.authUrl).host];
  const parsed = clusterSchema.safeParse({
    name: request.cluster,
    openstack: {
      secret: 'local',
      hosts,
      ...(options.cloud && { cloud: options.cloud }),
      ...(options.allowHttp && { allowHttp: true }),
      ...(options.ca && { caSecret: 'local' }),
    },
  });
  if (!parsed.success) throw new Error(parsed.error.issues.map(({ message }) => `--hosts ${message}`).join('; '));
  const { openstack } = parsed.data;
  // Names of secrets could not say where the credentials stand.
  const named = openstack && { ...openstack, secret: CREDENTIALS, ...(options.ca && { caSecret: AUTHORITY }) };
  return { ...parsed.data, openstack: named };
}
