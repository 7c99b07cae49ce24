/** `node infra/cli/run.js FILE …`: runs a TypeScript file of this project with those arguments, for any Node. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch } from './launch.js';

const [file = ''] = process.argv.splice(2, 1);
await launch(pathToFileURL(resolve(file)));
