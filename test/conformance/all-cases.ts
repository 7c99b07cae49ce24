/** Every case of contract 12. */
import { budgeting } from './cases/budgeting.ts';
import { concurrency } from './cases/concurrency.ts';
import { deleting } from './cases/deleting.ts';
import { evicting } from './cases/evicting.ts';
import { failing } from './cases/failing.ts';
import { owning } from './cases/owning.ts';
import { patching } from './cases/patching.ts';
import { placing } from './cases/placing.ts';
import { reading } from './cases/reading.ts';
import { refusing } from './cases/refusing.ts';
import { replacing } from './cases/replacing.ts';
import { running } from './cases/running.ts';
import { watches } from './cases/watching.ts';
import type { Case } from './conformance-case.ts';

const api = [concurrency, watches, reading, patching, refusing, deleting, evicting, owning];
const controllers = [budgeting, replacing, placing, running];

export const allCases: readonly Case[] = [...api, ...controllers, failing].flat();
