/** Checks that installations in one account and region do not share a group or a name (contract 15.2). */
import { Stack } from 'aws-cdk-lib';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';

/** Configuration of each installation of the app, by its stack. */
const installations = new WeakMap<Stack, Configuration>();

/** Reports clashes of two installations at synth, if they are in the same app (contract 15.2). */
export function forbidSharedGroups(stack: Stack, configuration: Configuration): void {
  installations.set(stack, configuration);
  stack.node.addValidation({
    validate: () => {
      const others = stack.node.root.node.findAll().flatMap((other) => {
        const theirs = other instanceof Stack && other !== stack ? installations.get(other) : undefined;
        return theirs === undefined || !isSamePlace(stack, other as Stack) ? [] : [theirs];
      });
      return others.flatMap((other) => clashes(configuration, other));
    },
  });
}

function isSamePlace(one: Stack, other: Stack): boolean {
  return one.account === other.account && one.region === other.region;
}

function clashes(ours: Configuration, theirs: Configuration): string[] {
  const groupsOf = ({ clusters }: Configuration): string[] =>
    clusters.flatMap(({ groups }) => groups.map(({ name }) => name));
  const both = groupsOf(ours).filter((group) => groupsOf(theirs).includes(group));
  return [
    ...(ours.name === theirs.name ? [`ebb.name: two installations are called ${ours.name}: give each its own`] : []),
    ...both.map(
      (group) =>
        `ebb.clusters[].groups: ${group} is in installations ${ours.name} and ${theirs.name}: a group belongs to one`,
    ),
  ];
}
