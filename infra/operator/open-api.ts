/**
 * The OpenAPI document of the operator's URL, made of its routes and of the schemas by which it reads requests and answers
 * (contract 10.6). `npx ebb operator-api` writes it.
 */
import { join } from 'node:path';
import { format } from 'prettier';
import * as z from 'zod/mini';
import * as answers from '../../lambdas/core/operator/outcome.ts';
import { namedNodeRequestSchema } from '../../lambdas/core/rotation/node-request.ts';
import { rotationRequestSchema } from '../../lambdas/core/rotation/rotation-request.ts';
import * as rotator from '../../lambdas/core/rotation/rotator-request.ts';
import { ROUTES, type OperatorRoute } from '../../lambdas/entry/operator/route-table.ts';
import type { Description } from '../configuration/describe-configuration.ts';
import type { JsonSchema } from '../configuration/editor-schema.ts';
import { withoutField } from '../configuration/written.ts';
import { NODE_MEANINGS, ROTATION_MEANINGS, ROTATOR_MEANINGS } from './request-meanings.ts';

/** Names of the bodies of requests, and what their fields mean. */
const REQUESTS: readonly (readonly [string, z.ZodMiniObject, Readonly<Record<string, string>>])[] = [
  ['RotationRequest', rotationRequestSchema, ROTATION_MEANINGS],
  ['NodeRequest', namedNodeRequestSchema, NODE_MEANINGS],
  ['RotatorRotation', rotator.rotatorRotationSchema, ROTATOR_MEANINGS],
  ['RotatorDrain', rotator.rotatorDrainSchema, ROTATOR_MEANINGS],
];

const ANSWERS: readonly (readonly [string, z.ZodMiniObject])[] = [
  ['AcceptedRotation', answers.acceptedRotationSchema],
  ['RotationStatus', answers.rotationStatusSchema],
  ['ControlledRotation', answers.controlledRotationSchema],
  ['AcceptedRetirement', answers.acceptedRetirementSchema],
  ['NodeStatus', answers.nodeStatusSchema],
  ['RotatorRotationEcho', rotator.rotatorRotationEchoSchema],
  ['RotatorDrainEcho', rotator.rotatorDrainEchoSchema],
];

const NAMES = new Map<z.ZodMiniObject, string>(
  [...REQUESTS, ...ANSWERS].map(([name, schema]) => [schema, name] as const),
);

/** What an answer that is none of the route's own says. */
const REFUSALS: Readonly<Record<string, string>> = {
  400: 'The request is wrong: every fault, with its field.',
  403: 'Nobody has signed the request, or who has may not invoke the URL.',
  404: 'There is no such rotation or node.',
  405: 'The method is wrong; the header Allow has those that are right.',
  409: 'It cannot be done as things are.',
  413: 'The body is too large.',
  415: 'The body is no JSON in UTF-8.',
  502: 'AWS failed.',
  503: 'The cluster cannot be reached, or refuses Ebb.',
  504: 'AWS did not answer.',
};

const REFUSAL: JsonSchema = {
  type: 'object',
  properties: {
    error: { type: 'string' },
    faults: { type: 'array', items: { type: 'string' } },
    message: { type: 'string' },
    reason: { type: 'string' },
  },
  required: ['error'],
};

export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly components: Readonly<Record<string, unknown>> & {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
  };
}

export function openApi(): OpenApi & Readonly<Record<string, unknown>> {
  const paths = [...new Set(ROUTES.map(({ path }) => path))];
  const at = (path: string) =>
    ROUTES.filter((route) => route.path === path).map((route) => [route.method.toLowerCase(), operationOf(route)]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Ebb operator',
      version: '1',
      description:
        'Rotations of clusters and retirements of single nodes. Requests are signed with AWS credentials (IAM).',
    },
    servers: [{ url: '{url}', variables: { url: { default: 'https://example.lambda-url.eu-central-1.on.aws' } } }],
    security: [{ sigv4: [] }],
    paths: Object.fromEntries(paths.map((path) => [path, Object.fromEntries(at(path)) as Record<string, unknown>])),
    components: {
      securitySchemes: {
        sigv4: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description: 'AWS Signature Version 4, service lambda.',
        },
      },
      responses: Object.fromEntries(
        Object.entries(REFUSALS).map(([code, description]) => [code, { description, content: json('Refusal') }]),
      ),
      schemas: {
        ...Object.fromEntries(REQUESTS.map(([name, schema, meanings]) => [name, requestSchema(schema, meanings)])),
        ...Object.fromEntries(ANSWERS.map(([name, schema]) => [name, jsonSchema(schema, 'output')])),
        Refusal: REFUSAL,
      },
    },
  };
}

/** The document as a file. */
export async function describeOperator(): Promise<Description> {
  const text = await format(JSON.stringify(openApi()), { parser: 'json', printWidth: 120 });
  return { file: join(import.meta.dirname, 'openapi.json'), text };
}

function operationOf({ summary, path, query = {}, body, answer, status, method }: OperatorRoute): object {
  return {
    summary,
    operationId: [method.toLowerCase(), ...path.split(/[^A-Za-z]+/).filter((part) => part !== '')].join('-'),
    parameters: [
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name ?? '', 'path')),
      ...Object.entries(query).map(([name, description]) => ({ ...parameter(name, 'query'), description })),
    ],
    ...(body && { requestBody: { content: json(named(body)) } }),
    responses: {
      [status]: { description: status === 202 ? 'It has begun.' : 'Done.', content: json(named(answer)) },
      ...Object.fromEntries(Object.keys(REFUSALS).map((code) => [code, { $ref: `#/components/responses/${code}` }])),
    },
  };
}

const parameter = (name: string, place: 'path' | 'query') => ({
  name,
  in: place,
  required: place === 'path',
  schema: { type: 'string' },
});

const json = (name: string) => ({ 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } });

/** @throws Error when the schema stands in no list above */
function named(schema: z.ZodMiniObject): string {
  const name = NAMES.get(schema);
  if (name === undefined) throw new Error('infra/operator/open-api.ts: a route has a schema without a name');
  return name;
}

/** @throws Error naming the fields without a meaning */
function requestSchema(schema: z.ZodMiniObject, meanings: Readonly<Record<string, string>>): JsonSchema {
  const whole = jsonSchema(schema, 'input');
  const missing = Object.keys(whole.properties ?? {}).filter((name) => meanings[name] === undefined);
  if (missing.length > 0) throw new Error(`infra/operator/request-meanings.ts: ${missing.join(', ')} have no meaning`);
  const properties = Object.entries(whole.properties ?? {}).map(([name, property]) => [
    name,
    { ...property, description: meanings[name] },
  ]);
  return { ...whole, properties: Object.fromEntries(properties) as Record<string, JsonSchema> };
}

/** In the dialect of OpenAPI 3.1, JSON Schema 2020-12. */
function jsonSchema(schema: z.ZodMiniObject, io: 'input' | 'output'): JsonSchema {
  return withoutField(z.toJSONSchema(schema, { io, target: 'draft-2020-12' }) as JsonSchema, '$schema');
}
