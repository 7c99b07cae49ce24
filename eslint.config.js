import eslint from '@eslint/js';
import { defineConfig } from 'eslint/config';
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['cdk.out/', 'dist/', 'node_modules/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // The Kubernetes models are classes in name only: the library itself builds them as plain objects.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      complexity: ['error', 10],
      'max-depth': ['error', 3],
      'max-params': ['error', 4],
    },
  },
  {
    // The launcher, which an older Node runs too.
    files: ['infra/**/*.js'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly', URL: 'readonly' } },
  },
  {
    // A doc comment first says what the thing is or does, in words that need no sentence before them.
    files: ['lambdas/**/*.ts', 'infra/**/*.ts'],
    plugins: { jsdoc },
    rules: {
      'jsdoc/check-alignment': 'error',
      'jsdoc/match-description': [
        'error',
        {
          contexts: ['any'],
          matchDescription: '^(?!(Of|That|So|It|Those)\\b)[^a-z][^]*$',
          message: 'Begin with what it is or does: a noun or a verb, and not "Of", "That", "So", "It" or "Those".',
        },
      ],
    },
  },
  {
    // Reading an API's object is all defaults, each of which counts as a branch.
    files: ['lambdas/adapters/**/*.ts'],
    rules: { complexity: ['error', 20] },
  },
  {
    // Without limits, a call that AWS does not answer holds its run until the invocation times out.
    files: ['lambdas/**/*.ts', 'infra/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'NewExpression:matches([callee.name=/Client$/], [callee.property.name=/Client$/])',
          message: 'Make clients of AWS with createClient (lambdas/adapters/aws/clients.ts): it gives them limits.',
        },
      ],
    },
  },
  {
    // The shipped code tells time by Date and the global setTimeout alone, so that one driven clock moves all of it.
    files: ['lambdas/**/*.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: ['node:timers/promises', 'timers/promises', 'node:timers'] }],
      'no-restricted-properties': [
        'error',
        { object: 'AbortSignal', property: 'timeout', message: 'Use deadlineSignal: a driven clock moves it.' },
        { object: 'performance', property: 'now', message: 'Use Date.now: a driven clock moves it.' },
      ],
    },
  },
);
