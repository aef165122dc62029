import type { Dialect } from '../dialect.ts';
import { Operations } from './operations.ts';
import type { PlainRoute } from './plain-route.ts';
import type { JsonSchema } from './schemas.ts';

export interface DocumentOptions {
  /** Of the server. */
  version: string;
  /** Whether callers need a key. */
  keys: boolean;
  /** What is there beside the dialects. */
  plain: readonly PlainRoute[];
}

/** OpenAPI 3.1, as far as it is written here. https://spec.openapis.org/oas/v3.1.1.html */
export interface OpenApiDocument {
  openapi: '3.1.1';
  info: object;
  servers: readonly { url: string }[];
  tags: readonly { name: string; description: string }[];
  security?: readonly Record<string, readonly string[]>[];
  paths: Record<string, Record<string, object>>;
  components: {
    schemas: Record<string, JsonSchema>;
    responses: Record<string, object>;
    headers: Record<string, object>;
    securitySchemes?: Record<string, object>;
  };
}

const description = `A model server that speaks several languages over one core; every group below is one of them.

- Errors come in the form of the path's own language, as one sentence that says what to change. 429 and 503 have \`Retry-After\`.
- A field that is not known is refused or left out, as \`--unknown-fields\` says; what was left out is named in the header \`x-hearth-ignored\`. Misspelt names are always refused.
- \`null\` counts as left out.`;

/** Names and words of the ways to give a key. */
const securitySchemes = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A key of the server, as `Authorization: Bearer KEY`.' },
  header: { type: 'apiKey', in: 'header', name: 'x-api-key', description: 'The same key in a header of its own.' },
};

const serverTag = { name: 'server', description: 'How the server does.' };

/**
 * The document of everything that a server answers: made of the dialects' own routes and schemas, nothing listed twice.
 * Of two routes with one method and one path the first is the one that answers, so it is the one that is told.
 */
export function openApiDocument(
  dialects: readonly Dialect[],
  { version, keys, plain }: DocumentOptions,
): OpenApiDocument {
  const operations = new Operations(keys);
  for (const dialect of dialects) for (const route of dialect.routes) operations.addRoute(dialect, route);
  for (const route of plain) operations.addPlain(route, serverTag.name);
  const tags = dialects.map(({ name, doc }) => ({ name, description: doc?.summary ?? name }));
  return {
    openapi: '3.1.1',
    info: {
      title: 'hearth',
      version,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: [...tags, ...(plain.length > 0 ? [serverTag] : [])],
    security: keys ? Object.keys(securitySchemes).map((name) => ({ [name]: [] })) : [],
    paths: operations.paths(),
    components: { ...operations.components(), ...(keys && { securitySchemes }) },
  };
}
