/** Installations that stand side by side in one account and region: none may be another's (contract 15.2). */
import { Stack } from 'aws-cdk-lib';
import type { Configuration } from '../../lambdas/entry/configuration/configuration.ts';

/** By stack, what each installation of the app is configured with. */
const installations = new WeakMap<Stack, Configuration>();

/** Two installations of one app that would be each other's: told at synth, as far as it can be (contract 15.2). */
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
