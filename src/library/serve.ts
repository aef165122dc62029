import type { Router } from 'express';
import type { LocalModel } from '../contract/local-model.ts';
import { silent } from './load-model.ts';
import { routerNames, serveNames, settingsFrom, type RouterOptions, type ServeOptions } from './options.ts';

/** A server that takes requests. */
export interface Serving extends AsyncDisposable {
  url: string;
  /** Takes no new work, lets running work finish up to the drain timeout; the models stay loaded. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Puts models of this process behind HTTP, with all that `hearth serve` offers; calls from within and without are decoded together.
 * @param models one or several; the first answers whoever names none
 * @throws UsageError for a wrong option or two models with one id; the socket's own error
 */
export async function serve(models: LocalModel | readonly LocalModel[], options: ServeOptions = {}): Promise<Serving> {
  const settings = settingsFrom(options, serveNames);
  const { serveLoaded } = await import('./loaded.ts');
  const { url, close } = await serveLoaded(
    [models].flat().map(({ model }) => model),
    settings,
    options.log ?? silent(),
  );
  return { url, close, [Symbol.asyncDispose]: close };
}

/**
 * The routes of all dialects for one's own Express app; other paths pass through untouched. JSON bodies are read by the
 * router itself, so mount it before a body parser.
 * @throws UsageError as `serve`
 */
export async function createRouter(
  models: LocalModel | readonly LocalModel[],
  options: RouterOptions = {},
): Promise<Router> {
  const settings = settingsFrom(options, routerNames);
  const { routerOf } = await import('./loaded.ts');
  return routerOf(
    [models].flat().map(({ model }) => model),
    settings,
    options.log ?? silent(),
  );
}
