/** Reads JSON files that people write. A fault names file, line and column. */
import { parse, type ParseError } from 'jsonc-parser';
import { readFileSync } from 'node:fs';
import { WrongConfiguration } from './fault.ts';

/**
 * @param file its path
 * @param called its name in faults @default its path
 * @throws WrongConfiguration with the words that the CDK has for a broken cdk.json
 */
export function readJson(file: string, called = file): unknown {
  const text = readText(file, called);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WrongConfiguration([`${called}: ${withPlace(error instanceof Error ? error.message : '', text)}`]);
  }
}

function readText(file: string, called: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new WrongConfiguration([`${called} cannot be read: ${error instanceof Error ? error.message : 'unknown'}`]);
  }
}

/** Adds the place to the words of the engine, which names none for some faults, such as a trailing comma. */
function withPlace(words: string, text: string): string {
  if (/\(line \d+ column \d+\)$/.test(words)) return words;
  const errors: ParseError[] = [];
  parse(text, errors, { allowTrailingComma: false, disallowComments: true });
  const lines = text.slice(0, errors[0]?.offset ?? text.length).split('\n');
  return `${words.replaceAll(/\s*\n\s*/g, ' ')} (line ${lines.length} column ${(lines.at(-1)?.length ?? 0) + 1})`;
}
