/** Lets Nova place guests on a host again whose node is restored, if and only if Ebb has disabled it (contract 11.4). */
import { computeEnabled } from '../../core/events/evacuation-events.ts';
import { DEFAULT_NAME } from '../../core/aws/installation.ts';
import { CloudRefused } from '../../core/openstack/cloud-error.ts';
import { isDisabledByUs } from '../../core/openstack/compute-service.ts';
import type { OpenStackSettings } from '../../core/settings/openstack-settings.ts';
import type { Clouds } from '../ports/openstack.ts';
import type { Retiree } from '../retirement/retiree.ts';
import type { Stage } from '../run/stage.ts';

/** What cannot be enabled now is enabled by the sync, once the node is cordoned no more. */
export function reopenStage(
  { course, ports }: Retiree & { readonly ports: { readonly clouds: Clouds } },
  { host, openstack }: { host: string; openstack: OpenStackSettings },
): Stage<null, null> {
  return {
    name: 'reopen-host',
    memory: null,
    async pass(_memory, { subject }) {
      try {
        const cloud = await ports.clouds.open(openstack);
        const [service] = await cloud.services(host);
        if (service === undefined || !isDisabledByUs(service, ports.home.installation ?? DEFAULT_NAME))
          return { state: 'done', value: null };
        await cloud.enable(service);
        const { execution, cluster } = course.subject;
        ports.journal.report(
          computeEnabled({ execution, cluster, host, ...(subject.node !== undefined && { node: subject.node }) }),
        );
      } catch (error) {
        // Told before, as its evacuation ended.
        if (!(error instanceof CloudRefused)) throw error;
      }
      return { state: 'done', value: null };
    },
  };
}
