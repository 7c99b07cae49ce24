/** Verifies a request about a node without an EC2 instance, of which AWS knows nothing (contract 2.1). */
import { NO_GROUP } from '../../core/aws/group.ts';
import type { Notice } from '../../core/notice/notice.ts';
import type { Settings } from '../ports/settings.ts';
import { ignore, refuse, unconfigured, type Verification } from './verification.ts';

/** A node without an EC2 instance is retired on request alone, and stays where it is (contract 2.1). */
export async function verifyBare(notice: Notice, { settings }: { readonly settings: Settings }): Promise<Verification> {
  if (notice.kind !== 'request') return refuse(`${notice.instance} is no EC2 instance`);
  const cluster = await settings.cluster(notice.cluster);
  if (cluster === undefined) return ignore(unconfigured(notice.cluster));
  const { release, detach } = notice.terms;
  if (release !== 'leave' || detach) return refuse('it has no EC2 instance that could be detached or terminated');
  return { kind: 'retire', group: NO_GROUP, cluster };
}
