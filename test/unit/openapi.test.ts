import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import type { GenerateResult, TokenLogprob } from '../../src/contract/generate.ts';
import { InferenceError } from '../../src/contract/errors.ts';
import type { Dialect, Generation, Route } from '../../src/dialects/dialect.ts';
import { parseBody } from '../../src/dialects/explain.ts';
import { dialects as creators } from '../../src/dialects/index.ts';
import { openApiDocument } from '../../src/dialects/openapi/document.ts';
import { at } from '../support/at.ts';
import { events, info, result } from '../support/dialect.ts';
import { dialectSettings } from '../support/server.ts';

const dialects = creators.map((create) => create(dialectSettings));
const routes = dialects.flatMap((dialect) => dialect.routes.map((route) => ({ dialect, route })));
const documentOf = (of: readonly Dialect[], keys = false) => openApiDocument(of, { version: '1.2.3', keys, plain: [] });
const nameOf = ({ method, paths }: Route) => `${method} ${paths[0]}`;

test('the document has every path and method of every dialect, and each operation a name of its own', () => {
  const document = documentOf(dialects);
  const told = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const mounted = routes.flatMap(({ route }) =>
    route.paths.map((path) => `${route.method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
  );
  assert.ok(mounted.length > 15);
  assert.deepEqual(new Set(told), new Set(mounted));
  const ids = Object.values(document.paths).flatMap((item) =>
    Object.values(item).map((operation) => at(operation, 'operationId')),
  );
  assert.equal(new Set(ids).size, mounted.length);
});

test('an alias refers to the schemas of the first path, and says whose alias it is', () => {
  const { paths } = documentOf(dialects);
  const body = (path: string) =>
    at(paths[path], 'post', 'requestBody', 'content', 'application/json', 'schema', '$ref');
  assert.equal(body('/v1/chat/completions'), '#/components/schemas/PostV1ChatCompletionsBody');
  assert.equal(body('/chat/completions'), body('/v1/chat/completions'));
  assert.equal(at(paths['/chat/completions'], 'post', 'description'), 'The same as `/v1/chat/completions`.');
});

test('every reference leads somewhere', () => {
  const document = documentOf(dialects, true);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/(.*?)"/g)].map(([, path = '']) => path);
  assert.ok(references.length > 50);
  for (const path of new Set(references)) {
    assert.notEqual(at(document, ...path.split('/')), undefined, path);
  }
});

test('keys are asked for where the server has some', () => {
  assert.deepEqual(documentOf(dialects).security, []);
  assert.equal(documentOf(dialects).components.securitySchemes, undefined);
  const guarded = documentOf(dialects, true);
  assert.deepEqual(guarded.security, [{ bearer: [] }, { header: [] }]);
  assert.equal(at(guarded.components.securitySchemes, 'bearer', 'scheme'), 'bearer');
  assert.ok(at(guarded.paths['/llm'], 'post', 'responses', '401'));
});

test('a route that tells nothing of itself is listed all the same, as are those of colliding paths', () => {
  const call = (method: 'GET' | 'DELETE', path: string): Route => ({
    kind: 'call',
    method,
    paths: [path],
    run: async () => undefined,
  });
  const dialect: Dialect = {
    name: 'new',
    prefixes: ['/new'],
    routes: [call('GET', '/new/:a'), call('DELETE', '/new/:b'), call('GET', '/new/:c'), call('GET', '/new-by/a')],
    error: () => ({ status: 500, body: {} }),
  };
  const { paths } = documentOf([dialect]);
  assert.deepEqual(
    Object.entries(paths).map(([path, item]) => [path, Object.values(item).map((one) => at(one, 'operationId'))]),
    [
      ['/new/{a}', ['getNewByA', 'deleteNewByA']],
      ['/new-by/a', ['getNewByA2']],
    ],
  );
  assert.equal(at(paths['/new/{a}'], 'get', 'summary'), 'GET /new/:a');
});

test('recursive schemas and named ones keep references that hold', () => {
  interface Tree {
    children: Tree[];
  }
  const tree: z.ZodType<Tree> = z.object({ children: z.array(z.lazy(() => tree)) });
  const route: Route = { kind: 'call', method: 'POST', paths: ['/tree'], body: tree, run: async () => undefined };
  const dialect: Dialect = { name: 'x', prefixes: [], routes: [route], error: () => ({ status: 500, body: {} }) };
  const { schemas } = documentOf([dialect]).components;
  const items = at(schemas, 'PostTreeBody', 'properties', 'children', 'items', '$ref');
  assert.equal(items, '#/components/schemas/PostTreeBody');
});

test('every route says what it is for and what it replies, every dialect what its errors are', () => {
  assert.deepEqual(
    routes.filter(({ route }) => route.doc === undefined).map(({ route }) => nameOf(route)),
    [],
  );
  assert.deepEqual(
    dialects.filter(({ doc }) => doc === undefined).map(({ name }) => name),
    [],
  );
});

const nothing = { find: () => ({ missing: 'Nothing is stored.' }) };

test('every example is a body that its route takes', () => {
  for (const { route } of routes) {
    if (route.body === undefined) continue;
    assert.notEqual(route.doc?.example, undefined, nameOf(route));
    const body = parseBody(route.body, route.doc?.example);
    const ignored =
      route.kind === 'generation' ? route.parse(body, { id: 'a' }, nothing).ignored : route.ignored?.(body);
    assert.deepEqual(ignored ?? [], [], nameOf(route));
  }
});

const token = (text: string): TokenLogprob => {
  const score = { id: 7, text, bytes: new TextEncoder().encode(text), logprob: -0.5 };
  return { ...score, top: [score, { ...score, logprob: -Infinity }] };
};
const scored: GenerateResult = {
  ...result,
  choices: result.choices.map((choice) => ({ ...choice, logprobs: [token(choice.text)], ids: [7] })),
};

const asked = { n: 2, stream: true, stream_options: { include_usage: true } };
const shapes: Record<string, unknown>[] = [{}, asked, { ...asked, logprobs: true }, { logprobs: 2 }, { n_probs: 2 }];

/** The bodies that a route takes among its example and what may be asked for beside it. */
function bodiesOf(route: Generation<unknown>): unknown[] {
  return shapes.flatMap((fields) => {
    const body = route.body.safeParse({ ...(route.doc?.example as object), ...fields });
    return body.success ? [body.data] : [];
  });
}

/** Schemas drop what they don't tell, so a value that comes back whole is told in full. */
function assertTold(schema: z.ZodType | undefined, value: unknown, name: string): void {
  const sent: unknown = JSON.parse(JSON.stringify(value));
  assert.deepEqual(schema?.parse(sent), sent, name);
}

for (const { dialect, route } of routes) {
  if (route.kind !== 'generation') continue;
  test(`${nameOf(route)} replies, streams and fails as the document tells`, async () => {
    for (const body of bodiesOf(route)) {
      for (const of of [result, scored]) assertTold(route.doc?.reply, route.render(of, body, info), nameOf(route));
      let frames = 0;
      for await (const frame of route.frames(replay(), body, info)) {
        if ('text' in frame) {
          assert.equal(frame.text, '[DONE]', 'the one text that the document knows');
          continue;
        }
        frames += 1;
        assertTold(route.doc?.frame, frame.json, nameOf(route));
      }
      assert.equal(frames > 0, route.doc?.frame !== undefined, nameOf(route));
    }
    const error = dialect.error(new InferenceError('overloaded', 'Full.', { param: 'n' }));
    assertTold(dialect.doc?.error, error.body, dialect.name);
  });
}

async function* replay() {
  for (const event of events)
    yield event.type === 'delta' ? { ...event, logprobs: [token(event.text)], ids: [7] } : event;
}
