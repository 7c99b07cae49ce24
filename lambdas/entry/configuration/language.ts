/** Sets the language of validation messages. zod/mini has none of its own and says only "Invalid input". */
import { config } from 'zod/mini';
import en from 'zod/v4/locales/en.js';

config(en());
