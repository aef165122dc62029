import type { RouteDoc } from '../dialect.ts';

/** An Express path as OpenAPI writes it: `/v1/models/:id` is `/v1/models/{id}`. */
export function templateOf(path: string): string {
  return path.replaceAll(/:(\w+)/g, '{$1}');
}

/** The path's parameters, each with what it means where the route tells. */
export function pathParameters(template: string, words: RouteDoc['params'] = {}): object[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    ...(words[name] !== undefined && { description: words[name] }),
    schema: { type: 'string', minLength: 1 },
  }));
}

/** What may stand behind the question mark. */
export function queryParameters(words: RouteDoc['query'] = {}): object[] {
  return Object.entries(words).map(([name, description]) => ({
    name,
    in: 'query',
    description,
    schema: { type: 'string' },
  }));
}

/** A name for a method and a path: `postV1ModelsById` of `POST /v1/models/{id}`. */
export function operationId(method: string, template: string): string {
  return method.toLowerCase() + pascal(template.replaceAll(/\{(\w+)\}/g, 'by-$1'));
}

/** Words of letters and digits, joined by their first letters: `ModelsById` of `/models/by-id`. */
export function pascal(words: string): string {
  return words
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
