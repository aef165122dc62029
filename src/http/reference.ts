import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Router } from 'express';
import { page } from './page.ts';
import { recordOf } from './record.ts';

const path = '/docs';
const files = ['swagger-ui.css', 'swagger-ui-bundle.js'];

/** `/docs`: the API's document, made readable by Swagger UI. Everything comes from this server, so it works offline. */
export function reference(): Router {
  const router = Router();
  router.use(page(path, 'docs.html'));
  router.get(
    files.map((file) => `${path}/${file}`),
    (req, res, next) => {
      recordOf(res).route = `${path}/:file`;
      const file = files.find((one) => req.path.endsWith(one)) ?? '';
      res.set('x-content-type-options', 'nosniff');
      res.sendFile(file, { root: swaggerUi(), maxAge: '1h' }, next);
    },
  );
  return router;
}

/** Where Swagger UI's files are: beside this one in the built package, in node_modules beside the sources. */
function swaggerUi(): string {
  const packed = fileURLToPath(new URL('assets/swagger-ui/', import.meta.url));
  if (existsSync(packed)) return packed;
  return fileURLToPath(new URL('.', import.meta.resolve('swagger-ui-dist/package.json')));
}
