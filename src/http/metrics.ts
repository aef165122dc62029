import { Router } from 'express';
import type { Metrics } from '../telemetry/metrics.ts';
import type { PlainRoute } from '../dialects/openapi/plain-route.ts';
import { requireKey } from './auth.ts';
import { methodNotAllowed } from './mount.ts';
import { recordOf } from './record.ts';

const path = '/metrics';

/** For the API's document. */
export const metricsDoc: PlainRoute = {
  paths: [path],
  summary: 'What the server has done, for Prometheus',
  guarded: true,
  replies: [{ status: 200, type: 'text/plain', description: 'The metrics.' }],
};

/** `/metrics` for Prometheus, also while the model loads. Where there are keys it wants one: it tells who asks how much. */
export function metricsRoute(metrics: Metrics, apiKeys: readonly string[]): Router {
  const router = Router();
  router.use(path, requireKey(apiKeys));
  router.get(path, async (_req, res) => {
    recordOf(res).quiet = true;
    res.set('content-type', metrics.contentType).send(await metrics.text());
  });
  router.all(path, methodNotAllowed(['GET']));
  return router;
}
