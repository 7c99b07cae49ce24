/** A path of names: none of them can lead anywhere else. (`../../..` is a name of nothing, and a slash ends one.) */
export function pathOf(root: string, ...names: readonly string[]): string {
  return [root, ...names.map(encodeURIComponent)].join('/');
}
