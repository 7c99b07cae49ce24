/** The bench's command line. */
import { expect, test } from 'vitest';
import { readOptions, USAGE } from './options.ts';

const own = ['--kubeconfig', 'file', '--node', 'worker'];

test.each([
  [['--kubeconfig', 'file'], '--kubeconfig needs --node'],
  [['--yes'], 'go with --kubeconfig'],
  [['--image', 'any'], 'go with --kubeconfig'],
  [[...own, '--shutdown', '3'], '--shutdown and --kubeconfig exclude each other'],
  [[...own, '--pods', '25'], '--pods takes multiples of 10, not "25"'],
  [[...own, '--budgets', 'some'], '--budgets takes none, numbers and percentages, not "some"'],
  [[...own, '--drain-timeout', '1h'], '--drain-timeout takes 60 to 172800 seconds, not "1h"'],
])('%j is refused', (args, words) => {
  expect(() => readOptions(args)).toThrow(words);
});

test('the options are read, with their defaults, and all stand in --help', () => {
  const all = [...own, '--yes', '--json', '--pods', '30', '--budgets', 'none,1', '--image', 'mirror/pause'];
  const options = readOptions([...all, '--drain-timeout', '90', '--without-kubectl']);
  expect(options).toMatchObject({ yes: true, json: true, withoutKubectl: true, own: { image: 'mirror/pause' } });
  expect(readOptions(own)).toMatchObject({
    cases: ['none', '1'].map((budgets) => ({ pods: 30, shutdownSeconds: 0, budgets })),
    own: { kubeconfig: 'file', image: 'registry.k8s.io/pause:3.10', drainTimeoutSeconds: 3600, keepIsolated: false },
  });
  for (const option of [...all, '--drain-timeout', '--without-kubectl', '--shutdown'])
    if (option.startsWith('--')) expect(USAGE).toContain(option);
});
