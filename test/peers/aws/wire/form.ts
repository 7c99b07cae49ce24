/** The form encoding of the query protocols: `Filters.member.1.Name=x` read as nested objects and lists. */

export type FormValue = string | FormValue[] | { [name: string]: FormValue };

type Tree = Map<string, Tree | string>;

/** Reads a form body; `Action` and `Version` stay in it as ordinary fields. */
export function readForm(body: string): FormValue {
  const root: Tree = new Map();
  for (const [key, value] of new URLSearchParams(body)) place(root, key.split('.'), value);
  return plain(root);
}

function place(tree: Tree, path: string[], value: string): void {
  const [head = '', ...rest] = path;
  if (rest.length === 0) {
    tree.set(head, value);
    return;
  }
  const child = tree.get(head);
  const branch: Tree = child instanceof Map ? child : new Map<string, Tree | string>();
  tree.set(head, branch);
  place(branch, rest, value);
}

function plain(tree: Tree | string): FormValue {
  if (typeof tree === 'string') return tree;
  const member = tree.get('member');
  if (tree.size === 1 && member instanceof Map) return plain(member);
  const names = [...tree.keys()];
  if (names.length > 0 && names.every((name) => /^\d+$/.test(name))) {
    return names.sort((a, b) => Number(a) - Number(b)).map((name) => plain(tree.get(name) ?? ''));
  }
  return Object.fromEntries([...tree].map(([name, value]) => [name, plain(value)]));
}
