/** What the drift tainter has to work with; its bench measures by the same. */

/** A scan takes half of it, but CPU comes with memory: a whole one with 1,769 MB (Lambda developer guide). */
export const MEMORY_MEGABYTES = 512;

/**
 * A scan reads much and keeps little. Left at the 17 MB that Lambda gives it here, V8's young generation fills with what
 * was read before any of it is dropped: a scan of 5,000 nodes takes 209 MB in place of 144, and one that marks them 226
 * in place of 165, for a tenth less CPU. Lambda leaves both sizes to whoever sets one, so the old generation gets its
 * nine tenths here.
 */
export const NODE_OPTIONS = `--max-semi-space-size=4 --max-old-space-size=${Math.floor(MEMORY_MEGABYTES * 0.9)}`;
