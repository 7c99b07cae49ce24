/** Memory of the drift tainter. Its bench uses the same. */

/** Megabytes. A scan takes half, but CPU comes with memory: a whole one with 1,769 MB (Lambda developer guide). */
export const MEMORY_MEGABYTES = 512;

/**
 * Sizes of V8's heap. A scan reads much and keeps little. With the 17 MB that Lambda gives the young generation here,
 * it fills before anything is dropped: a scan of 5,000 nodes takes 209 MB in place of 144, and one that marks them 226
 * in place of 165, for a tenth less CPU. If one size is set, Lambda sets neither, so the old generation gets its nine
 * tenths here.
 */
export const NODE_OPTIONS = `--max-semi-space-size=4 --max-old-space-size=${Math.floor(MEMORY_MEGABYTES * 0.9)}`;
