/** Instances whose client is loaded at the first question only: client-ec2 is the largest of all. */
import type { DetachedInstances, Instances, Launches, ScheduledChanges } from '../../workflow/ports/ec2.ts';

type Answers = Instances & Pick<Launches, 'launched'> & DetachedInstances & ScheduledChanges;

export function lazyInstances(): Answers {
  let loaded: Promise<Answers> | undefined;
  const open = async (): Promise<Answers> => {
    const [{ ec2Client, ec2Instances }, { launchedInstances }, { detachedInstances }, { scheduledChanges }] =
      await Promise.all([
        import('./ec2-instances.ts'),
        import('./launched-instances.ts'),
        import('./detached-instances.ts'),
        import('./scheduled-changes.ts'),
      ]);
    const client = ec2Client();
    return {
      ...ec2Instances(client),
      ...detachedInstances(client),
      ...scheduledChanges(client),
      launched: (instances) => launchedInstances(client, instances),
    };
  };
  const load = (): Promise<Answers> => (loaded ??= open());
  return {
    identity: async (instance) => (await load()).identity(instance),
    machine: async (instance) => (await load()).machine(instance),
    purchase: async (instance) => (await load()).purchase(instance),
    scheduled: async (instance) => (await load()).scheduled(instance),
    ofAll: async () => (await load()).ofAll(),
    launched: async (instances) => (await load()).launched(instances),
    tag: async (instance, tags) => (await load()).tag(instance, tags),
    untag: async (instance, keys) => (await load()).untag(instance, keys),
    terminate: async (instance) => (await load()).terminate(instance),
  };
}
