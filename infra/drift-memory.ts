/** What the drift tainter has to work with; its bench measures by the same. */

/** Less would do, but CPU comes with it: a whole one at 1,769 MB (Lambda developer guide). */
export const MEMORY_MEGABYTES = 512;

/**
 * The scan reads much and keeps little. Left at Lambda's 17 MB, the halves of V8's young generation fill with what has
 * been read before any of it is dropped: a scan of 5,000 nodes that marks most of them takes 260 MB in place of 150, for
 * no less CPU. Of a function that sets one of the two Lambda sets neither, so the old generation gets its nine tenths here.
 */
export const NODE_OPTIONS = `--max-semi-space-size=2 --max-old-space-size=${Math.floor(MEMORY_MEGABYTES * 0.9)}`;
