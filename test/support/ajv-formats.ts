import { createRequire } from 'node:module';
import type { Ajv2020 } from 'ajv/dist/2020.js';

// Its types declare a default export where CommonJS gives the function itself.
export const addFormats = createRequire(import.meta.url)('ajv-formats') as (ajv: Ajv2020) => void;
