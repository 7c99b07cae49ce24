/** Before all tests: the functions are bundled once, for every process that deploys or weighs them. */
import { bundleAll } from '../infra/bundling/function-bundle.ts';

export async function setup(): Promise<void> {
  await bundleAll();
}
