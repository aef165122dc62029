import type { Dialect, Route } from '../dialect.ts';
import { plainErrorSchema } from '../status.ts';
import { Failures, headers, headersOf, isRetried } from './failures.ts';
import { operationId, pascal, pathParameters, queryParameters, templateOf } from './paths.ts';
import type { PlainRoute } from './plain-route.ts';
import { SchemaComponents } from './schemas.ts';

/** Collects the operations of a document, and the components that they refer to. */
export class Operations {
  readonly #schemas = new SchemaComponents();
  readonly #failures: Failures;
  /** By the path's template. */
  readonly #paths = new Map<string, Record<string, object>>();
  /** Templates by their shape: two that differ in the names of their parameters alone are one path. */
  readonly #shapes = new Map<string, string>();
  readonly #ids = new Set<string>();

  /** @param keys whether callers need one */
  constructor(keys: boolean) {
    this.#failures = new Failures(this.#schemas, keys);
  }

  /** Adds a dialect's route under each of its paths. */
  addRoute(dialect: Dialect, route: Route): void {
    const { doc, method, paths } = route;
    const [first = ''] = paths;
    const name = pascal(operationId(method, templateOf(first)));
    for (const path of paths) {
      const template = this.#templateFor(path);
      const parameters = [...pathParameters(template, doc?.params), ...queryParameters(doc?.query)];
      const description = [doc?.description, path === first ? undefined : `The same as \`${first}\`.`]
        .filter((part) => part !== undefined)
        .join('\n\n');
      this.#add(method, template, {
        tags: [dialect.name],
        summary: doc?.summary ?? `${method} ${path}`,
        ...(description !== '' && { description }),
        ...(parameters.length > 0 && { parameters }),
        ...this.#requestBody(route, name),
        responses: { 200: this.#reply(route, name), ...this.#failures.of(dialect, route) },
      });
    }
  }

  /** Adds a route that belongs to no dialect, under each of its paths. */
  addPlain({ paths, summary, description, guarded, replies }: PlainRoute, tag: string): void {
    const responses = replies.map((reply): [number, object] => [
      reply.status,
      {
        description: reply.description,
        headers: headersOf({ retried: isRetried(reply.status) }),
        content: { [reply.type]: { schema: reply.schema ?? { type: 'string' } } },
      },
    ]);
    for (const path of paths) {
      this.#add('GET', this.#templateFor(path), {
        tags: [tag],
        summary,
        ...(description !== undefined && { description }),
        ...(!guarded && { security: [] }),
        responses: {
          ...Object.fromEntries(responses),
          '4XX': {
            description: guarded
              ? 'A key is needed, or the method is not for this path.'
              : 'The method is not for this path.',
            headers: headersOf(),
            content: { 'application/json': { schema: this.#schemas.reference(plainErrorSchema, 'PlainError') } },
          },
        },
      });
    }
  }

  paths(): Record<string, Record<string, object>> {
    return Object.fromEntries(this.#paths);
  }

  components() {
    return { schemas: this.#schemas.all(), responses: this.#failures.all(), headers };
  }

  #templateFor(path: string): string {
    const template = templateOf(path);
    const shape = template.replaceAll(/\{\w+\}/g, '{}');
    const known = this.#shapes.get(shape) ?? template;
    this.#shapes.set(shape, known);
    return known;
  }

  #add(method: string, template: string, operation: object): void {
    const key = method.toLowerCase();
    const item = this.#paths.get(template) ?? {};
    if (item[key] !== undefined) return;
    const wanted = operationId(method, template);
    let id = wanted;
    for (let number = 2; this.#ids.has(id); number++) id = `${wanted}${number}`;
    this.#ids.add(id);
    this.#paths.set(template, { ...item, [key]: { operationId: id, ...operation } });
  }

  #requestBody({ doc, body }: Route, name: string): object {
    if (body === undefined) return {};
    const schema = this.#schemas.reference(body, `${name}Body`);
    const example = doc?.example === undefined ? {} : { example: doc.example };
    return { requestBody: { required: true, content: { 'application/json': { schema, ...example } } } };
  }

  #reply({ doc, body }: Route, name: string): object {
    if (doc !== undefined && doc.reply === undefined) {
      return { description: 'Not yet: every request is answered with an error.', headers: headersOf() };
    }
    return {
      description: doc?.frame ? 'The reply, or the stream where one is asked for.' : 'The reply.',
      headers: headersOf({ ignoring: body !== undefined }),
      content: {
        'application/json': { schema: this.#schemas.reference(doc?.reply, `${name}Reply`) },
        ...(doc?.frame && {
          'text/event-stream': { schema: eventOf(this.#schemas.reference(doc.frame, `${name}Frame`)) },
        }),
      },
    };
  }
}

/**
 * One event of a stream. OpenAPI 3.1 has no words for streams: tools that know them take the schema for that of each event.
 */
function eventOf(frame: object): object {
  return {
    type: 'object',
    description:
      'One server-sent event. `data` is JSON or, at the end of some streams, the text `[DONE]`. Lines that begin with a colon only keep the connection alive.',
    properties: {
      data: {
        type: 'string',
        anyOf: [{ const: '[DONE]' }, { contentMediaType: 'application/json', contentSchema: frame }],
      },
    },
    required: ['data'],
  };
}
