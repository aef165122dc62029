import { Router } from 'express';
import type { RequestHandler } from 'express';
import type { PlainRoute } from '../dialects/openapi/plain-route.ts';
import type { Lifecycle } from './lifecycle.ts';
import { methodNotAllowed } from './mount.ts';
import { recordOf } from './record.ts';

const paths = { alive: '/healthz', ready: ['/readyz', '/health'] };

const states = (...values: Lifecycle['state'][] | ['ok']) => ({
  type: 'object',
  properties: { status: { enum: values } },
  required: ['status'],
});
const up = { status: 200, type: 'application/json', schema: states('ok') };

/** For the API's document. */
export const healthDocs: readonly PlainRoute[] = [
  {
    paths: [paths.alive],
    summary: 'Whether the process lives',
    guarded: false,
    replies: [{ ...up, description: 'It does.' }],
  },
  {
    paths: paths.ready,
    summary: 'Whether the server takes work',
    guarded: false,
    replies: [
      { ...up, description: 'It does.' },
      {
        status: 503,
        type: 'application/json',
        schema: states('loading', 'draining'),
        description: 'It is loading a model, or stopping.',
      },
    ],
  },
];

/** `/healthz`: the process lives. `/readyz` and `/health`: it takes work. */
export function health(lifecycle: Lifecycle): Router {
  const all = [paths.alive, ...paths.ready];
  const router = Router();
  router.use(all, quiet);
  router.get(paths.alive, (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get(paths.ready, (_req, res) => {
    if (lifecycle.state === 'ready') res.json({ status: 'ok' });
    else res.set('retry-after', '2').status(503).json({ status: lifecycle.state });
  });
  router.all(all, methodNotAllowed(['GET']));
  return router;
}

/** Probes come every few seconds; they are logged at debug alone. */
const quiet: RequestHandler = (_req, res, next) => {
  recordOf(res).quiet = true;
  next();
};
