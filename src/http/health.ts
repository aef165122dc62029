import { Router } from 'express';
import type { RequestHandler } from 'express';
import type { PlainRoute } from '../dialects/openapi/plain-route.ts';
import { modelStates, type ModelHost, type ModelState } from '../contract/model-host.ts';
import type { Lifecycle } from './lifecycle.ts';
import { methodNotAllowed } from './mount.ts';
import { recordOf } from './record.ts';

const paths = { alive: '/healthz', ready: ['/readyz', '/health'] };

const count = { type: 'integer', minimum: 0 };
const states = (...values: Lifecycle['state'][] | ['ok']) => ({
  type: 'object',
  properties: {
    status: { enum: values },
    models: {
      type: 'object',
      description: 'How many models are in each state. A state that none is in is left out.',
      properties: Object.fromEntries(modelStates.map((state) => [state, count])),
    },
  },
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

/**
 * `/healthz`: the process lives. `/readyz` and `/health`: it takes work. How many models are in which state is told, and which
 * are not: these paths want no key.
 */
export function health(lifecycle: Lifecycle, host: Pick<ModelHost, 'list'>): Router {
  const all = [paths.alive, ...paths.ready];
  const router = Router();
  router.use(all, quiet);
  router.get(paths.alive, (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get(paths.ready, (_req, res) => {
    const models = counted(host);
    if (lifecycle.state === 'ready') res.json({ status: 'ok', models });
    else res.set('retry-after', '2').status(503).json({ status: lifecycle.state, models });
  });
  router.all(all, methodNotAllowed(['GET']));
  return router;
}

function counted(host: Pick<ModelHost, 'list'>): Partial<Record<ModelState, number>> {
  const counts: Partial<Record<ModelState, number>> = {};
  for (const { state } of host.list()) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}

/** Probes come every few seconds; they are logged at debug alone. */
const quiet: RequestHandler = (_req, res, next) => {
  recordOf(res).quiet = true;
  next();
};
