import { readFileSync } from 'node:fs';
import { Router } from 'express';
import type { Dialect } from '../dialects/dialect.ts';
import { openApiDocument } from '../dialects/openapi/document.ts';
import { healthDocs } from './health.ts';
import { metricsDoc } from './metrics.ts';
import { methodNotAllowed } from './mount.ts';
import { recordOf } from './record.ts';

const path = '/openapi.json';

/** `/openapi.json`: what the server answers, in OpenAPI 3.1. It names no model and needs no key. */
export function openApiRoute(dialects: readonly Dialect[], keys: boolean): Router {
  let text: string | undefined;
  const router = Router();
  router.get(path, (_req, res) => {
    recordOf(res).route = path;
    text ??= JSON.stringify(
      openApiDocument(dialects, { version: version(), keys, plain: [...healthDocs, metricsDoc] }),
    );
    res.type('json').set('cache-control', 'no-cache').send(text);
  });
  router.all(path, methodNotAllowed(['GET']));
  return router;
}

/** Of this package; its package.json lies as far above the sources as above what is built of them. */
function version(): string {
  const content: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof content === 'object' && content !== null && 'version' in content) return String(content.version);
  return 'unknown';
}
