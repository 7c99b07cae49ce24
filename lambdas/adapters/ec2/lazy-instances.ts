/** Instances whose client is loaded at the first question only: client-ec2 is the largest of all. */
import type { Instances, Launches } from '../../workflow/ports/ec2.ts';

type Answers = Instances & Pick<Launches, 'launched'>;

export function lazyInstances(): Answers {
  let loaded: Promise<Answers> | undefined;
  const open = async (): Promise<Answers> => {
    const [{ ec2Client, ec2Instances }, { launchedInstances }] = await Promise.all([
      import('./ec2-instances.ts'),
      import('./launched-instances.ts'),
    ]);
    const client = ec2Client();
    return { ...ec2Instances(client), launched: (instances) => launchedInstances(client, instances) };
  };
  const load = (): Promise<Answers> => (loaded ??= open());
  return {
    identity: async (instance) => (await load()).identity(instance),
    machine: async (instance) => (await load()).machine(instance),
    launched: async (instances) => (await load()).launched(instances),
  };
}
