/** YAML in a secret. Faults never quote it. */
import { parseDocument } from 'yaml';

/** What is wrong with the text of a secret. */
export interface Faulty {
  readonly faults: readonly string[];
}

export function faulty(...faults: readonly string[]): Faulty {
  return { faults };
}

/** Parses YAML. The parser's own words quote the text, which is secret: only the line is told. */
export function secretYaml(text: string): { readonly value: unknown } | Faulty {
  const document = parseDocument(text);
  const [error] = document.errors;
  const line = error?.linePos?.[0].line;
  if (error !== undefined) return faulty(`it is no YAML${line === undefined ? '' : ` (line ${line})`}`);
  try {
    return { value: document.toJS() };
  } catch {
    return faulty('it is no YAML that can be read: an alias in it has no anchor, or there are too many');
  }
}
