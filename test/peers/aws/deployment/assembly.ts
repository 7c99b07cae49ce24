/** Reads a synthesised CDK cloud assembly: its stacks' templates, and where their code lies. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});

const template = z.object({
  Resources: z.record(z.string(), resource).default({}),
  Parameters: z.record(z.string(), z.object({ Type: z.string(), Default: z.unknown().optional() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })).default({}),
});

const manifest = z.object({
  artifacts: z.record(
    z.string(),
    z.object({
      type: z.string(),
      properties: z.object({ templateFile: z.string().optional(), file: z.string().optional() }).optional(),
    }),
  ),
});

const assets = z.object({
  files: z
    .record(
      z.string(),
      z.object({
        source: z.object({ path: z.string().optional(), packaging: z.string().optional() }),
        destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
      }),
    )
    .default({}),
});

export type Resource = z.infer<typeof resource>;
export type Template = z.infer<typeof template>;

export interface Stack {
  readonly name: string;
  readonly template: Template;
  /** Of its text. */
  readonly bytes: number;
}

export interface Assembly {
  readonly stacks: readonly Stack[];
  /** Object key in the assets bucket to the local folder that would be zipped there. */
  readonly folders: ReadonlyMap<string, string>;
}

export function readAssembly(directory: string): Assembly {
  const { artifacts } = manifest.parse(readJson(directory, 'manifest.json'));
  const all = Object.entries(artifacts);
  const stacks = all.flatMap(([name, { type, properties }]) => {
    const file = type === 'aws:cloudformation:stack' ? properties?.templateFile : undefined;
    return file === undefined ? [] : [stackOf(name, directory, file)];
  });
  const files = all.flatMap(([, { type, properties }]) =>
    type === 'cdk:asset-manifest' ? (properties?.file ?? []) : [],
  );
  return { stacks, folders: new Map(files.flatMap((file) => foldersOf(directory, file))) };
}

function stackOf(name: string, directory: string, file: string): Stack {
  const { size: bytes } = statSync(join(directory, file));
  return { name, template: template.parse(readJson(directory, file)), bytes };
}

function foldersOf(directory: string, file: string): [string, string][] {
  const { files } = assets.parse(readJson(directory, file));
  return Object.values(files).flatMap(({ source, destinations }) => {
    const { path } = source;
    if (path === undefined || source.packaging !== 'zip') return [];
    return Object.values(destinations).map(({ objectKey }): [string, string] => [objectKey, join(directory, path)]);
  });
}

function readJson(directory: string, file: string): unknown {
  return JSON.parse(readFileSync(join(directory, file), 'utf8')) as unknown;
}
