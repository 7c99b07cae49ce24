/** Checks a whole configuration: every fault is named, and none hides another. */
import * as z from 'zod/mini';
import { budgetSchema } from '../../lambdas/core/disruption/budget.ts';
import { configurationSchema, type Configuration } from '../../lambdas/entry/configuration/configuration.ts';
import { contradictions } from './contradictions.ts';
import { faultLines, wordsOnValue, WrongConfiguration, type Fault } from './fault.ts';
import { isObject, respell } from './misspelt-fields.ts';
import { fieldAt, listAt, withoutField, type Path } from './written.ts';

/** @throws WrongConfiguration naming every fault at once */
export function parseConfiguration(input: unknown): Configuration {
  const { value: whole, faults: wrapping } = unwrapped(input);
  const { value, faults } = faultsBy(configurationSchema, withoutAddress(whole), []);
  const lines = faultLines([...wrapping, ...faults, ...faultsOfBudgets(value), ...contradictions(value)]);
  const parsed = configurationSchema.safeParse(value);
  if (!parsed.success || lines.length > 0) throw new WrongConfiguration(lines);
  return parsed.data;
}

/** Unwraps a whole cdk.json, or its context, written in place of `context.ebb`: what is inside is checked as well. */
function unwrapped(input: unknown): { value: unknown; faults: Fault[] } {
  for (const path of [['ebb'], ['context', 'ebb']]) {
    const inner = fieldAt(input, path);
    if (isObject(inner) && !('clusters' in (input as object))) {
      const shape = path.reduceRight((within, part) => `{ "${part}": ${within} }`, '{ … }');
      const words = `is ${shape} as a whole; it must hold only what stands under context.ebb, such as { "clusters": […] }`;
      return { value: inner, faults: [{ path: [], words }] };
    }
  }
  return { value: input, faults: [] };
}

/** Removes `$schema`, by which editors find the JSON schema of a file (ebb.schema.json). */
function withoutAddress(whole: unknown): unknown {
  return isObject(whole) ? withoutField(whole, '$schema') : whole;
}

/** @returns the faults, and the value with misspelt fields corrected */
function faultsBy(schema: z.core.$ZodType, written: unknown, at: Path): { value: unknown; faults: Fault[] } {
  const { value, faults } = respell(schema, written, at);
  const { error } = z.safeParse(schema, value);
  const issues = (error?.issues ?? []).map(({ path, message }): Fault => {
    const given = fieldAt(value, path as Path);
    return { path: [...at, ...path], words: wordsOnValue(path, message, given) };
  });
  return { value, faults: [...faults, ...issues] };
}

function faultsOfBudgets(written: unknown): Fault[] {
  return listAt(written, ['clusters']).flatMap((cluster, index) => {
    const path: Path = ['clusters', index];
    return [
      ...faultsOfBudget(cluster, 'cluster', path),
      ...listAt(cluster, ['groups']).flatMap((group, place) =>
        faultsOfBudget(group, 'group', [...path, 'groups', place]),
      ),
    ];
  });
}

function faultsOfBudget(owner: unknown, whose: 'cluster' | 'group', path: Path): Fault[] {
  const budget = fieldAt(owner, ['budget']);
  return budget === undefined ? [] : faultsBy(budgetSchema(whose), budget, [...path, 'budget']).faults;
}
