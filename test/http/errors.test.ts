import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { InferenceError } from '../../src/contract/errors.ts';
import type { ErrorCode } from '../../src/contract/errors.ts';
import type { Model } from '../../src/contract/model.ts';
import { at } from '../support/at.ts';
import { FakeModel } from '../support/fake-model.ts';
import type { Step } from '../support/fake-model.ts';
import { until, withServer } from '../support/server.ts';

const json = { 'content-type': 'application/json' };
const good = { messages: [{ role: 'user', content: 'Hi' }] };
const paths = ['/llm/', '/v1/chat/completions', '/models/gpt2'];

/** The sentence of an error, after a check of its path's form. */
async function sentence(reply: Response, path: string): Promise<string> {
  assert.match(reply.headers.get('content-type') ?? '', /^application\/json/);
  assert.notEqual(reply.headers.get('x-request-id'), null);
  const error = at(await reply.json(), 'error');
  if (path.startsWith('/models')) {
    assert.ok(typeof error === 'string');
    return error;
  }
  assert.ok(typeof error === 'object' && error !== null);
  const keys = path.startsWith('/v1/') ? ['message', 'type', 'param', 'code'] : ['message', 'code', 'param'];
  assert.deepEqual(Object.keys(error), keys);
  const message = at(error, 'message');
  assert.ok(typeof message === 'string');
  return message;
}

test('answers every broken body with its status, in the form of the path', async () => {
  const cases: [RequestInit, number, RegExp][] = [
    [{ headers: json, body: '{"inputs": ' }, 400, /^The body is not valid JSON \(.*\); send a JSON object\.$/],
    [{ headers: json, body: '' }, 400, /^The body is empty; send a JSON object\.$/],
    [{ body: '' }, 400, /^The body is empty/],
    [{ headers: json }, 400, /^The body is empty/],
    [{ headers: json, body: '[1]' }, 400, /^The body must be a JSON object, got a list\.$/],
    [{ headers: json, body: '"hi"' }, 400, /^The body must be a JSON object, got "hi"\.$/],
    [{ headers: json, body: 'null' }, 400, /^The body must be a JSON object, got null\.$/],
    [
      { headers: { 'content-type': 'text/plain' }, body: '{}' },
      415,
      /^The content type must be application\/json, got "text\/plain"/,
    ],
    [{ headers: { 'content-type': 'application/json; charset=klingon' }, body: '{}' }, 415, /charset/],
    [{ headers: { ...json, 'content-encoding': 'rot13' }, body: '{}' }, 415, /content encoding/],
    [{ headers: { ...json, 'content-encoding': 'gzip' }, body: 'no gzip' }, 400, /could not be read/],
    [{ headers: json, body: `"${'x'.repeat(100_000)}"` }, 413, /^The body is over the limit of 100000 bytes/],
    [{ headers: { ...json, 'content-encoding': 'gzip' }, body: gzipSync('x'.repeat(200_000)) }, 413, /over the limit/],
  ];
  await withServer({}, async ({ url, model }) => {
    for (const path of paths) {
      for (const [init, status, message] of cases) {
        const reply = await fetch(url + path, { method: 'POST', ...init });
        assert.equal(reply.status, status, `${path} ${JSON.stringify(init).slice(0, 80)}`);
        assert.match(await sentence(reply, path), message);
      }
    }
    assert.equal(model.requests.length, 0);
  });
});

test('takes JSON under every content type that means it, and gzip', async () => {
  await withServer({}, async ({ url }) => {
    for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/vnd.api+JSON']) {
      const reply = await fetch(`${url}/llm/`, {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{"inputs":"Hi"}',
      });
      assert.equal(reply.status, 200, type);
    }
    const body = gzipSync('{"inputs":"Hi"}');
    const reply = await fetch(`${url}/llm/`, {
      method: 'POST',
      headers: { ...json, 'content-encoding': 'gzip' },
      body,
    });
    assert.equal(reply.status, 200);
  });
});

test('answers a wrong method with 405 and Allow, OPTIONS with Allow, an unknown path with 404', async () => {
  await withServer({}, async ({ url }) => {
    for (const path of paths) {
      // A model can be taken off the list at the path where it is asked.
      const removable = path.startsWith('/models/');
      const methods = removable ? ['DELETE', 'POST'] : ['POST'];
      const allow = [...methods, 'OPTIONS'].join(', ');
      for (const method of ['GET', 'PUT', 'DELETE', 'HEAD'].filter((one) => !methods.includes(one))) {
        const reply = await fetch(url + path, { method });
        assert.equal(reply.status, 405, `${method} ${path}`);
        assert.equal(reply.headers.get('allow'), allow);
        if (method !== 'HEAD')
          assert.equal(await sentence(reply, path), `${method} is not for this path; use ${methods.join(' or ')}.`);
      }
      const options = await fetch(url + path, { method: 'OPTIONS' });
      assert.deepEqual([options.status, options.headers.get('allow')], [204, allow]);
    }
    assert.equal((await fetch(`${url}/v1/models`, { method: 'POST' })).headers.get('allow'), 'GET, HEAD, OPTIONS');
    assert.equal((await fetch(`${url}/v1/models`, { method: 'HEAD' })).status, 200);
    for (const path of ['/llm/nothing', '/v1/nothing', '/models/a/b/c', '/embedding', '/LLM/x', '/v10']) {
      const reply = await fetch(url + path);
      assert.equal(reply.status, 404, path);
      assert.equal(await sentence(reply, path), `There is nothing at GET ${path}; check the path.`);
    }
    const reply = await fetch(`${url}/models/%E0%A4%A`, { method: 'POST' });
    assert.equal(reply.status, 400);
    assert.equal(await sentence(reply, '/models'), 'The path is not valid percent-encoding.');
  });
});

const failures: [ErrorCode, number, retryAfter: string | null][] = [
  ['invalid_request', 400, null],
  ['context_exceeded', 400, null],
  ['overloaded', 429, '7'],
  ['model_failed', 503, '7'],
  ['loading', 503, '7'],
  ['unsupported', 501, null],
  ['insufficient_memory', 507, null],
];

test('keeps the status of what fails before the start, streaming or not', async () => {
  for (const [code, status, retryAfter] of failures) {
    const fail: Step = {
      type: 'fail',
      error: new InferenceError(code, 'It failed; wait.', { retryAfter: 7, param: 'inputs' }),
    };
    await withServer({ model: new FakeModel(() => [fail]) }, async ({ post }) => {
      for (const stream of [true, false]) {
        for (const path of ['/llm/', '/v1/chat/completions']) {
          const reply = await post(path, { ...good, stream });
          assert.equal(reply.status, status, code);
          assert.equal(reply.headers.get('retry-after'), retryAfter);
          assert.equal(await sentence(reply, path), 'It failed; wait.');
        }
      }
    });
  }
});

test('tells OpenAI clients type, code and param of an error', async () => {
  const error = new InferenceError('context_exceeded', 'The prompt has 9 tokens; 8 fit.', { param: 'messages' });
  await withServer({ model: new FakeModel(() => [{ type: 'fail', error }]) }, async ({ post }) => {
    assert.deepEqual(await (await post('/v1/chat/completions', good)).json(), {
      error: {
        message: 'The prompt has 9 tokens; 8 fit.',
        type: 'invalid_request_error',
        param: 'messages',
        code: 'context_length_exceeded',
      },
    });
    assert.deepEqual(await (await post('/llm/', good)).json(), {
      error: { message: 'The prompt has 9 tokens; 8 fit.', code: 'context_exceeded', param: 'messages' },
    });
  });
});

test('hides what failed inside, and logs its stack', async () => {
  const model = new FakeModel(() => [{ type: 'fail', error: new Error('secret address') }]);
  await withServer({ model }, async ({ post, lines }) => {
    const reply = await post('/llm/', { inputs: 'my prompt' });
    assert.equal(reply.status, 500);
    assert.equal(await sentence(reply, '/llm/'), 'The server failed; its log says why.');
    await until(() => lines.some((line) => line['status'] === 500), 'the failure is logged');
    const stack = at(lines, 0, 'err', 'stack');
    assert.ok(typeof stack === 'string');
    assert.match(stack, /secret address\n.*at /);
  });
});

test('answers 404 for an unknown name where several models are served, 400 for a model that cannot, 501 where none can', async () => {
  const { info, failed } = new FakeModel();
  const embedder: Model = {
    info: { ...info, id: 'b', tasks: ['embed'] },
    embed: async () => ({ vectors: [], promptTokens: 0, queueMs: 0 }),
    dispose: async () => {},
    failed,
  };
  await withServer({ models: [new FakeModel(undefined, 'a'), embedder] }, async ({ post, url }) => {
    const unknown = await post('/v1/chat/completions', { ...good, model: 'c' });
    assert.equal(unknown.status, 404);
    assert.equal(await sentence(unknown, '/v1/chat/completions'), 'There is no model c; this server has: a, b.');
    assert.equal((await post('/models/owner/c', { inputs: 'Hi' })).status, 404);
    assert.equal((await fetch(`${url}/v1/models/c`)).status, 404);
    assert.equal((await post('/v1/chat/completions', { ...good, model: 'a' })).status, 200);
    const cannot = await post('/v1/chat/completions', { ...good, model: 'b' });
    assert.equal(cannot.status, 400);
    const other = 'The model b makes embeddings and does not generate text; use a.';
    assert.equal(await sentence(cannot, '/v1/chat/completions'), other);
  });
  await withServer({ models: [embedder] }, async ({ post }) => {
    const none = await post('/v1/chat/completions', { ...good, model: 'anything' });
    assert.equal(none.status, 501);
    const nobody = 'The model b makes embeddings and does not generate text; no model of this server does.';
    assert.equal(await sentence(none, '/v1/chat/completions'), nobody);
  });
});
