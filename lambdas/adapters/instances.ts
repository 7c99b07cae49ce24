/** Instances without their client: client-ec2 is the largest there is, so it is loaded at the first question only. */
import type { Instances } from '../workflow/ports.ts';

export function lazyInstances(): Instances {
  let loaded: Promise<Instances> | undefined;
  const load = (): Promise<Instances> => {
    loaded ??= import('./ec2-instances.ts').then(({ ec2Client, ec2Instances }) => ec2Instances(ec2Client()));
    return loaded;
  };
  return {
    privateDnsName: async (instance) => (await load()).privateDnsName(instance),
    machine: async (instance) => (await load()).machine(instance),
  };
}
