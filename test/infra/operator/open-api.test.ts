/** The OpenAPI document of the operator (contract 10.6). */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeOperator, openApi } from '../../../infra/operator/open-api.ts';
import { ROUTES } from '../../../lambdas/entry/operator/route-table.ts';

const document = openApi();

describe('the OpenAPI document', () => {
  test('that is committed is what `npm run -s operator-api` writes', async () => {
    const { file, text } = await describeOperator();
    expect(basename(file)).toBe('openapi.json');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('refers to nothing that it does not have, and has nothing that it does not refer to', () => {
    const text = JSON.stringify(document);
    const referred = new Set([...text.matchAll(/"\$ref":"#\/([^"]*)"/g)].map(([, path = '']) => path));
    const { schemas, responses } = document.components as { schemas: object; responses: object };
    const there = [
      ...Object.keys(schemas).map((name) => `components/schemas/${name}`),
      ...Object.keys(responses).map((name) => `components/responses/${name}`),
    ];
    expect([...referred].toSorted()).toEqual(there.toSorted());
    expect(text).not.toMatch(/"\$ref":"(?!#\/)/);
  });

  test('has each route once, each with an operationId of its own and its parameters', () => {
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({ path, method, operation: operation as Operation })),
    );
    expect(operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`).toSorted()).toEqual(
      ROUTES.map(({ path, method }) => `${method} ${path}`).toSorted(),
    );
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(ids).toEqual([...new Set(ids)]);
    for (const { path, operation } of operations) {
      const inPath = operation.parameters.filter((each) => each.in === 'path').map(({ name }) => `{${name}}`);
      expect(path.match(/\{\w+\}/g) ?? []).toEqual(inPath);
    }
  });

  test('tells of each field of a request what it is for, and of unknown ones that they are refused', () => {
    const { RotationRequest: rotation, NodeRequest: node } = document.components.schemas;
    expect(rotation).toMatchObject({
      additionalProperties: false,
      required: ['cluster'],
      properties: { maxSurge: { default: 1, maximum: 20, description: expect.stringContaining('at once') as string } },
    });
    expect(node).toMatchObject({ additionalProperties: false, properties: { terminate: { default: false } } });
    expect(node?.properties).not.toHaveProperty('node');
  });
});

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly in: string; readonly name: string }[];
}
