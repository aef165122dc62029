import type { Dialect, DialectSettings } from '../dialect.ts';
import { applyTemplateRoute } from './apply-template.ts';
import { completionRoute } from './completion.ts';
import { llamaServerError } from './errors.ts';
import { infillRoute } from './infill.ts';
import { llamaServerErrorSchema } from './reply-schemas.ts';
import { propsRoute, slotsRoute } from './state.ts';
import { detokenizeRoute, tokenizeRoute } from './tokenize.ts';

/** What llama-server has beside OpenAI's API. https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md */
export function createLlamaServer(settings: DialectSettings): Dialect {
  const routes = [
    completionRoute(settings),
    infillRoute(settings),
    tokenizeRoute(settings),
    detokenizeRoute(settings),
    applyTemplateRoute(settings),
    propsRoute,
    slotsRoute,
  ];
  const prefixes = routes.flatMap(({ paths }) => paths);
  const doc = { summary: "What llama-server has beside OpenAI's API.", error: llamaServerErrorSchema };
  return { name: 'llama-server', prefixes, routes, doc, error: llamaServerError };
}
