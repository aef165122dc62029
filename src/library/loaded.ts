import { routerOptions } from '../compose.ts';
import type { Settings } from '../config/settings.ts';
import { UsageError } from '../config/usage-error.ts';
import type { Model } from '../contract/model.ts';
import { createRouter } from '../http/app.ts';
import { createHttpServer } from '../http/server.ts';
import { Registry } from '../runtime/registry.ts';
import type { Logger } from '../telemetry/log.ts';

/**
 * Serves models that are loaded already; closing leaves them loaded.
 * @throws UsageError for two models with one id; the socket's own error
 */
export async function serveLoaded(
  models: readonly Model[],
  settings: Settings,
  log: Logger,
): Promise<{ url: string; close(): Promise<void> }> {
  const server = createHttpServer(routerOptions(settings, registryOf(models), log));
  const url = await server.listen(settings.host, settings.port);
  server.ready();
  return { url, close: () => server.drain() };
}

/** The routes for models that are loaded already. @throws UsageError as `serveLoaded` */
export function routerOf(models: readonly Model[], settings: Settings, log: Logger): ReturnType<typeof createRouter> {
  return createRouter(routerOptions(settings, registryOf(models), log));
}

function registryOf(models: readonly Model[]): Registry {
  const registry = new Registry();
  for (const model of models) {
    const { id } = model.info;
    if (registry.list().some((other) => other.id === id))
      throw new UsageError(`Two models are called ${id}; load one of them with another alias.`);
    registry.addLoaded(model);
  }
  return registry;
}
