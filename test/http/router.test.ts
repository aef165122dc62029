import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import { dialects } from '../../src/dialects/index.ts';
import { createRouter } from '../../src/http/app.ts';
import { ResponseStore } from '../../src/response-store/response-store.ts';
import { at } from '../support/at.ts';
import { FakeModel, registryOf } from '../support/fake-model.ts';
import { dialectSettings, httpSettings, keptLog } from '../support/server.ts';

test('mounts in somebody’s own app, and leaves its other paths alone', async () => {
  const { log, lines } = keptLog();
  const router = createRouter({
    dialects: dialects.map((create) => create(dialectSettings)),
    services: {
      host: registryOf(new FakeModel()),
      responses: new ResponseStore({ maxCount: 0, maxBytes: 0 }),
    },
    settings: { ...httpSettings, apiKeys: ['one'] },
    log,
  });
  const app = express();
  app.use('/ai', router);
  app.get('/ai/mine', (_req, res) => void res.send('mine'));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ai`;
  const headers = { 'content-type': 'application/json', 'x-api-key': 'one' };
  try {
    const reply = await fetch(`${url}/llm/`, { method: 'POST', headers, body: '{"inputs":"Hi"}' });
    assert.equal(at(await reply.json(), 'response'), 'Hello world');
    const wrong = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body: '{}' });
    assert.equal(wrong.status, 400);
    assert.equal(at(await wrong.json(), 'error', 'type'), 'invalid_request_error');
    assert.equal((await fetch(`${url}/llm/x`, { headers })).status, 404);
    assert.equal((await fetch(`${url}/llm/`)).status, 401);
    const mine = await fetch(`${url}/mine`);
    assert.deepEqual([await mine.text(), mine.headers.get('x-request-id')], ['mine', null]);
    assert.deepEqual(
      lines.map((line) => line['path']),
      ['/ai/llm/', '/ai/v1/chat/completions', '/ai/llm/x', '/ai/llm/'],
    );
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
