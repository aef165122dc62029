import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withServer } from '../support/server.ts';

test('lets only keys pass, as Bearer or x-api-key; health needs none', async () => {
  await withServer({ settings: { apiKeys: ['one', 'two'] } }, async ({ url, post }) => {
    const cases: [Record<string, string>, number][] = [
      [{}, 401],
      [{ authorization: 'Bearer one' }, 200],
      [{ authorization: 'bearer  two' }, 200],
      [{ 'x-api-key': 'two' }, 200],
      [{ authorization: 'Bearer three' }, 401],
      [{ authorization: 'Bearer on' }, 401],
      [{ authorization: 'Bearer ' }, 401],
      [{ authorization: 'Basic one' }, 401],
      [{ 'x-api-key': 'one ' }, 200],
      [{ 'x-api-key': 'ONE' }, 401],
    ];
    for (const [headers, status] of cases) {
      const reply = await post('/llm/', { inputs: 'Hi' }, { headers });
      assert.equal(reply.status, status, JSON.stringify(headers));
      assert.equal(reply.headers.get('www-authenticate'), status === 401 ? 'Bearer realm="hearth"' : null);
    }
    const refused = await post('/v1/chat/completions', {});
    assert.deepEqual(await refused.json(), {
      error: {
        message: 'An API key is needed; send it as "Authorization: Bearer KEY".',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_api_key',
      },
    });
    assert.equal((await fetch(`${url}/v1/models`)).status, 401);
    for (const path of ['/health', '/healthz', '/readyz']) assert.equal((await fetch(url + path)).status, 200);
  });
});

test('allows the configured origins, before any key is asked for', async () => {
  const settings = { corsOrigins: ['https://a.example', 'https://b.example'], apiKeys: ['one'] };
  await withServer({ settings }, async ({ url, post }) => {
    const preflight = await fetch(`${url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://b.example',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://b.example');
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'authorization,content-type');
    const reply = await post(
      '/llm/',
      { inputs: 'Hi' },
      { headers: { origin: 'https://a.example', 'x-api-key': 'one' } },
    );
    assert.equal(reply.headers.get('access-control-allow-origin'), 'https://a.example');
    assert.match(reply.headers.get('access-control-expose-headers') ?? '', /x-request-id/);
    const refused = await post('/llm/', { inputs: 'Hi' }, { headers: { origin: 'https://a.example' } });
    assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [401, 'https://a.example']);
    const other = await post(
      '/llm/',
      { inputs: 'Hi' },
      { headers: { origin: 'https://c.example', 'x-api-key': 'one' } },
    );
    assert.equal(other.headers.get('access-control-allow-origin'), null);
  });
});

test('allows every origin for *, and none unless told', async () => {
  for (const [corsOrigins, allowed] of [
    [['*'], '*'],
    [[], null],
  ] as const) {
    await withServer({ settings: { corsOrigins } }, async ({ post }) => {
      const reply = await post('/llm/', { inputs: 'Hi' }, { headers: { origin: 'https://a.example' } });
      assert.equal(reply.headers.get('access-control-allow-origin'), allowed);
    });
  }
});
