// What the built package needs beside its modules: the pages of src/http/assets, and Swagger UI for /docs with its licences.
// They are copied, because an install of the package brings no devDependencies. `dist` unless another folder is named.
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

const pages = fileURLToPath(new URL('../src/http/assets/', import.meta.url));
const swaggerUi = fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json')));
const swaggerFiles = [
  'swagger-ui.css',
  'swagger-ui-bundle.js',
  'swagger-ui-bundle.js.LICENSE.txt',
  'LICENSE',
  'NOTICE',
];

const target = join(resolve(argv[2] ?? 'dist'), 'http', 'assets');
mkdirSync(join(target, 'swagger-ui'), { recursive: true });
for (const name of readdirSync(pages)) copyFileSync(join(pages, name), join(target, name));
for (const name of swaggerFiles) copyFileSync(join(swaggerUi, name), join(target, 'swagger-ui', name));
