#!/usr/bin/env node
/** The command `ebb`, for any Node: starts ebb.ts. */
import { launch } from './launch.js';

await launch(new URL('ebb.ts', import.meta.url));
