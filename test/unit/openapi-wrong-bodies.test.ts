import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InferenceError } from '../../src/contract/errors.ts';
import type { StoredResponses } from '../../src/contract/stored-responses.ts';
import type { Route } from '../../src/dialects/dialect.ts';
import { parseBody } from '../../src/dialects/explain.ts';
import { dialects as creators } from '../../src/dialects/index.ts';
import { openApiDocument } from '../../src/dialects/openapi/document.ts';
import { at } from '../support/at.ts';
import { registryOf } from '../support/fake-model.ts';
import { FakeStepper } from '../support/fake-stepper.ts';
import { letterModel } from '../support/letter-model.ts';
import { dialectSettings } from '../support/server.ts';
import { wrongBodies } from '../support/wrong-values.ts';

const dialects = creators.map((create) => create(dialectSettings));
const document = openApiDocument(dialects, { version: '1', keys: false, plain: [] });

/** The schema of a route's body, as the document tells it. */
function toldBody({ method, paths }: Route): unknown {
  const template = paths[0]?.replaceAll(/:(\w+)/g, '{$1}') ?? '';
  const operation = document.paths[template]?.[method.toLowerCase()];
  const reference = at(operation, 'requestBody', 'content', 'application/json', 'schema', '$ref');
  return document.components.schemas[String(reference).split('/').at(-1) ?? ''];
}

const host = registryOf(letterModel(new FakeStepper()));
const models = host.lease(new AbortController().signal);
const responses: StoredResponses = {
  find: (id) => ({ missing: `There is no response ${id}.` }),
  keep() {},
  forget: () => false,
};
const { signal } = new AbortController();

/** What a route says of a body; undefined where it takes it. A call may find out only when it runs. */
async function refusalOf(route: Route, body: unknown): Promise<InferenceError | undefined> {
  try {
    const parsed = parseBody(route.body ?? assert.fail('no body'), body);
    if (route.kind === 'generation') route.parse(parsed, { id: 'a' }, responses);
    else {
      route.ignored?.(parsed);
      const reply = { id: 'u1', created: 1_700_000_000 };
      await route.run({ params: {}, query: {}, body: parsed, signal, reply, note() {} }, { models, host, responses });
    }
    return undefined;
  } catch (error) {
    if (error instanceof InferenceError) return error;
    throw error;
  }
}

for (const { routes } of dialects) {
  for (const route of routes) {
    if (route.body === undefined) continue;
    test(`POST ${route.paths[0]} refuses by name whatever its document forbids`, async () => {
      let tried = 0;
      for (const { path, body } of wrongBodies(toldBody(route), route.doc?.example)) {
        const shown = `${path} in ${JSON.stringify(body).slice(0, 300)}`;
        const error = await refusalOf(route, body);
        assert.equal(error?.code, 'invalid_request', shown);
        assert.ok(error.param !== undefined && error.param.startsWith(path), `${error.param} for ${shown}`);
        assert.ok(error.message.startsWith(error.param), error.message);
        tried += 1;
      }
      assert.ok(tried >= 10, `${tried} wrong bodies`);
    });
  }
}
