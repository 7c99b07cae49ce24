/** Builds a path of names. Each name is encoded, so that `../../..` or a slash in it leads nowhere else. */
export function pathOf(root: string, ...names: readonly string[]): string {
  return [root, ...names.map(encodeURIComponent)].join('/');
}
