/** Runs one scenario on embedded peers, told to whoever watches. The command is demo.ts. */
import type { Options } from './options.ts';
import { SCENARIOS } from './scenario-list.ts';
import type { Outcome, ScenarioOptions, Telling } from './scenario.ts';
import { untilItsEnd } from './telling/until-its-end.ts';

/** @param watched whether a person watches it live: then `traffic` goes slowly */
export async function runScenario(
  { scenario, ...options }: Pick<Options, 'scenario' | keyof Omit<ScenarioOptions, 'watched'>>,
  telling: Telling,
  watched: boolean,
): Promise<Outcome> {
  const { bundleAll } = await import('../../infra/bundling/function-bundle.ts');
  const bundled = bundleAll(({ length }) => telling.step?.(`Building ${length} functions`));
  const [chosen] = await Promise.all([SCENARIOS[scenario].load(), bundled]);
  return await chosen.run(untilItsEnd(telling), { ...options, watched });
}
