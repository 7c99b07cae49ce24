/**
 * What comments, test titles and markdown files refer to: rules, faults, platform facts, files and links. Text in,
 * references out; `papers.test.ts` looks up whether they exist.
 */

/** The papers whose facts are cited by number. */
export type Paper = 'contract' | 'faults' | 'platform';

export interface Citation {
  readonly paper: Paper;
  /** `4.3` or `4` of the contract, `12` or `P5` of the faults, `2.4` or `T1` of the platform facts. */
  readonly number: string;
}

const NUMBER = String.raw`[PT]?\d+(?:\.\d+)?`;
const CITATIONS = new RegExp(String.raw`\b(contract|faults|platform) (${NUMBER}(?:(?:, | and |–)${NUMBER}\b)*)`, 'gi');

/** Reads lists (`contract 9.3, 9.4`, `faults 30 and P5`) and ranges (`contract 4.3–4.5`, `faults P1–P6`). */
export function citationsIn(text: string): Citation[] {
  return [...unwrapped(text).matchAll(CITATIONS)].flatMap(([, paper = '', list = '']) =>
    list
      .split(/, | and /)
      .flatMap(numbersOfRange)
      .map((number) => ({ paper: paper.toLowerCase() as Paper, number })),
  );
}

/** A comment may break a citation at the end of a line. */
function unwrapped(text: string): string {
  return text.replaceAll(/\n\s*(?:\*(?!\/)|\/\/)?\s*/g, ' ');
}

/** Both ends must be of one chapter: `4.3–4.5`, not `4.3–5.1`, which names itself alone and is no rule. */
function numbersOfRange(range: string): string[] {
  const [first = '', last] = range.split('–');
  if (last === undefined) return [first];
  const [start, end] = [/^(.*?)(\d+)$/.exec(first), /^(.*?)(\d+)$/.exec(last)];
  if (start === null || end === null || start[1] !== end[1] || Number(start[2]) >= Number(end[2])) return [range];
  const count = Number(end[2]) - Number(start[2]) + 1;
  return Array.from({ length: count }, (_, index) => `${start[1] ?? ''}${Number(start[2]) + index}`);
}

const MARKDOWN_FILE = /(?<![\w./:-])[\w./-]*\w\.md\b/g;
const REPOSITORY_PATH =
  /(?<![\w./:@-])(?:lambdas|infra|test|events|\.ci|core|workflow|adapters|entry)\/[\w./*<>…-]*\w/g;

/** Files and folders that the comments of a source file name, such as `test/bench` or `README.md`. */
export function pathsInComments(source: string): string[] {
  const comments = source.split('\n').filter((line) => /^\s*(?:\/\*|\*|\/\/)/.test(line));
  return pathsIn(comments.join('\n'));
}

/** Files and folders that the code spans of a markdown file name. */
export function pathsInCodeSpans(markdown: string): string[] {
  const spans = [...withoutCodeBlocks(markdown).matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  return pathsIn(spans.join('\n'));
}

/** Patterns such as `lambdas/*.ts` name no one file. */
function pathsIn(text: string): string[] {
  const found = [MARKDOWN_FILE, REPOSITORY_PATH].flatMap((pattern) =>
    [...text.matchAll(pattern)].map(([path]) => path),
  );
  return [...new Set(found)].filter((path) => !/[*<>…]/.test(path));
}

export interface Link {
  /** Empty: the same file. */
  readonly file: string;
  readonly anchor?: string;
  /** The text in its brackets; absent for a definition of a reference. */
  readonly label?: string;
}

/** The links of a markdown file that stay within the repository. */
export function linksIn(markdown: string): Link[] {
  const text = withoutCodeBlocks(markdown)
    .replaceAll(/\[`([^`\n]+)`\](?=\()/g, '[$1]')
    .replaceAll(/`[^`\n]*`/g, '');
  return [...text.matchAll(/(?:\[([^[\]]*))?\]\(<?([^()\s>]+)>?(?: "[^"]*")?\)|^\[[^\]]+\]: *(\S+)/gm)]
    .map(([, label, inline, reference]) => ({ label, target: inline ?? reference ?? '' }))
    .filter(({ target }) => !/^[a-z]+:/.test(target))
    .map(({ label, target }) => {
      const [file = '', anchor] = target.split('#');
      return { file, ...(anchor !== undefined && { anchor }), ...(label !== undefined && { label }) };
    });
}

/** The file that a link's label ends in, such as `core/drain/wave.ts`; undefined when it ends in none. */
export function fileOfLabel(label: string): string | undefined {
  return /(?:^|\s)(?:\.{1,2}\/)*([\w./-]*\w\.(?:[jt]s|jsonl?|md|ya?ml))$/.exec(label)?.[1];
}

/** The anchors that GitHub gives the headings of a markdown file. */
export function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutCodeBlocks(markdown).matchAll(/^#{1,6} +(.+?) *#*$/gm)) {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

function withoutCodeBlocks(markdown: string): string {
  return markdown.replaceAll(/^ *(```|~~~)[\s\S]*?^ *\1 *$/gm, '');
}

export interface Rule {
  readonly number: string;
  readonly planned: boolean;
}

/** The chapters and rules of CONTRACT.md: its headings that begin with a number. */
export function rulesOf(contract: string): Rule[] {
  return [...contract.matchAll(/^#{2,3} (\d+(?:\.\d+)?)\.? (.*)$/gm)].map(([, number = '', title = '']) => ({
    number,
    planned: title.endsWith('(planned)'),
  }));
}

/** The rows of the fault table and its promises: table rows that begin with a bold number. */
export function faultsOf(table: string): string[] {
  return [...table.matchAll(/^\| \*\*(P?\d+)\*\*/gm)].map(([, number = '']) => number);
}

/** The facts of ARCHITECTURE.md: lines that begin with `platform` and a number, whatever the markup. */
export function platformFactsOf(architecture: string): string[] {
  return [...architecture.matchAll(/^\W*platform (T?\d+(?:\.\d+)?)\b/gim)].map(([, number = '']) => number);
}
